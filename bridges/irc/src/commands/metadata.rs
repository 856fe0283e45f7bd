//! `METADATA`: IRCv3 draft/metadata-2 and draft/metadata-3. A view of the profile, of a room's name, avatar and state.

use polylogue_core::command::Presentation;
use polylogue_core::room::JoinRule;
use polylogue_core::user::ProfileField;
use polylogue_core::{Command, Refusal, RoomId, UserId};
use polylogue_irc::metadata::{Key, is_key};
use polylogue_irc::{LineWriter, Message, Middle, Numeric, Tag, TagKey, Trailing, Verb};
use polylogue_irc::{batch::Reference, line::add_tag, names::is_channel};

use crate::client::Client;
use crate::metadata::{self, Values};
use crate::names;
use crate::reply::part;

/// Bytes of a value (`max-value-bytes`): what the core's own limits and a line have room for.
pub(crate) const VALUE: usize = 256;
/// Keys of one connection (`max-keys`).
pub(crate) const KEYS: usize = 20;

/// Of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    User(UserId),
    Room(RoomId),
}

/// Reads, sets, subscribes.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(target), Some(subcommand)) = (message.given(0), message.given(1)) else {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &["METADATA"],
            "Not enough parameters",
        );
    };
    let rest: Vec<&str> = message.params().skip(2).collect();
    match subcommand.to_ascii_uppercase().as_str() {
        "SUB" => return subscribe(client, &rest),
        "UNSUB" => return unsubscribe(client, &rest),
        "SUBS" => {
            let keys: Vec<_> = client.subscribed.iter().map(Key::name).collect();
            return list(client, Numeric::RplMetadataSubs, &keys);
        }
        _ => {}
    }
    let Some((found, shown, values)) = find(client, target).await else {
        let text = "No such target, or its metadata is not for you";
        return fail(client, "INVALID_TARGET", &[target], text);
    };
    match subcommand.to_ascii_uppercase().as_str() {
        "GET" => {
            let mut asked = Vec::new();
            for key in rest {
                if is_key(key) {
                    asked.push((key, values.get(key).map(|value| &**value)));
                } else {
                    fail(client, "KEY_INVALID", &[key], "This can't be a key");
                }
            }
            tell_all(client, &shown, &asked);
        }
        "LIST" => tell_all(client, &shown, &set(&values)),
        "SYNC" => {
            let wanted = client.subscribed;
            let subscribed: Vec<_> = set(&values)
                .into_iter()
                .filter(|(key, _)| Key::from_name(key).is_some_and(|key| wanted.has(key)))
                .collect();
            tell_all(client, &shown, &subscribed);
        }
        "SET" => {
            let Some(key) = rest.first().copied().filter(|key| is_key(key)) else {
                let key = rest.first().copied().unwrap_or("*");
                return fail(client, "KEY_INVALID", &[key], "This can't be a key");
            };
            let value = rest.get(1).copied().filter(|value| !value.is_empty());
            if change(client, (found, &shown), (key, value)).await {
                tell(client, &shown, (key, value));
            }
        }
        "CLEAR" => {
            let mut cleared = Vec::new();
            if found != Target::User(client.user_id()) && matches!(found, Target::User(_)) {
                return forbidden(client, &shown, "*");
            }
            for key in values.keys() {
                if change(client, (found, &shown), (key, None)).await {
                    cleared.push((&**key, None));
                }
            }
            tell_all(client, &shown, &cleared);
        }
        _ => fail(
            client,
            "SUBCOMMAND_INVALID",
            &[subcommand],
            "GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC are known",
        ),
    }
}

/// Before registration is complete, of the client itself alone: what is set is asked for when there is somebody to have it.
pub(crate) fn ahead(client: &mut Client, message: &Message) {
    let subcommand = message.given(1).unwrap_or_default().to_ascii_uppercase();
    let rest: Vec<&str> = message.params().skip(2).collect();
    match (message.given(0), subcommand.as_str()) {
        (_, "SUB") => return subscribe(client, &rest),
        (Some("*"), "SET" | "GET" | "LIST") => {}
        _ => {
            let text = "You have not registered";
            return client.replies.text(Numeric::ErrNotRegistered, &[], text);
        }
    }
    let values = client.registration.ahead.metadata.clone();
    match (subcommand.as_str(), rest.first().copied()) {
        ("LIST", _) => tell_all(client, "*", &set(&values)),
        ("GET", _) => {
            let asked: Vec<_> = (rest.iter())
                .map(|key| (*key, values.get(*key).map(|value| &**value)))
                .collect();
            tell_all(client, "*", &asked);
        }
        (_, Some(key)) if is_key(key) => {
            let value = rest.get(1).copied().filter(|value| !value.is_empty());
            if value.is_some_and(|value| value.len() > VALUE) {
                let text = format!("A value has at most {VALUE} bytes");
                return fail(client, "INVALID_VALUE", &[key], &text);
            }
            if values.len() >= KEYS && !values.contains_key(key) {
                return fail(client, "LIMIT_REACHED", &["*"], "Too many keys");
            }
            let all = &mut client.registration.ahead.metadata;
            match value {
                Some(value) => all.insert(key.into(), value.into()),
                None => all.remove(key),
            };
            tell(client, "*", (key, value));
        }
        (_, key) => {
            let key = key.unwrap_or("*");
            fail(client, "KEY_INVALID", &[key], "This can't be a key");
        }
    }
}

/// Sets what was asked for before registration was complete, and tells the client what it tells of itself now.
pub(crate) async fn set_ahead(client: &mut Client) {
    let wanted = std::mem::take(&mut client.registration.ahead.metadata);
    if wanted.is_empty() {
        return;
    }
    let Some((found, shown, _)) = find(client, "*").await else {
        return;
    };
    for (key, value) in &wanted {
        change(client, (found, &shown), (key, Some(value))).await;
    }
    let values = metadata::of_user(&client.world(), client.user_id());
    tell_all(client, &shown, &set(&values));
}

fn set(values: &Values) -> Vec<(&str, Option<&str>)> {
    values
        .iter()
        .map(|(key, value)| (&**key, Some(&**value)))
        .collect()
}

/// Who or what a target names, how it is written, and what it tells to this client.
async fn find(client: &Client, target: &str) -> Option<(Target, String, Values)> {
    let world = client.world();
    if is_channel(target) {
        let id = names::room_named(&world, target)?;
        let room = client.irc.hub.room(id).await.ok()?;
        // Of a channel that one is asked into, outsiders hear no more than LIST says.
        let open = room.state.listed && room.state.join_rule == JoinRule::Public;
        return (open || room.state.is_readable_by(client.user_id())).then(|| {
            let values = metadata::of_room(&room.state);
            (Target::Room(id), target.to_owned(), values)
        });
    }
    let user = match target {
        "*" => client.user_id(),
        nick => world.user_named(nick)?,
    };
    let nick = world.name_of(user)?.nick().to_string();
    Some((
        Target::User(user),
        nick,
        metadata::shown_of(&world, (client.user_id(), user)),
    ))
}

/// Sets or takes away a value. Whether it is done; the client is told if it is not.
async fn change(
    client: &mut Client,
    (found, shown): (Target, &str),
    (key, value): (&str, Option<&str>),
) -> bool {
    if value.is_some_and(|value| value.len() > VALUE) {
        let text = format!("A value has at most {VALUE} bytes");
        fail(client, "INVALID_VALUE", &[key], &text);
        return false;
    }
    let command = match found {
        Target::User(user) if user != client.user_id() => {
            forbidden(client, shown, key);
            return false;
        }
        Target::User(user) => own(client, user, (key, value)),
        Target::Room(room) => metadata::of_state(key, value)
            .map(|change| Command::SetState { room, change })
            .ok_or(Refusal::Invalid { what: "value" }),
    };
    let done = match command {
        Ok(command) => client.submit(command).await.map(drop),
        Err(refusal) => Err(refusal),
    };
    let Err(refusal) = done else { return true };
    let text = refusal.to_string();
    if matches!(refusal, Refusal::TooLarge { .. } | Refusal::Invalid { .. }) {
        fail(client, "INVALID_VALUE", &[key], &text);
    } else if matches!(refusal, Refusal::TooMany { .. }) {
        fail(client, "LIMIT_REACHED", &[shown], &text);
    } else {
        fail(client, "KEY_NO_PERMISSION", &[shown, key], &text);
    }
    false
}

/// An account's display name and avatar are its profile; the rest is the connection's.
fn own(
    client: &Client,
    user: UserId,
    (key, value): (&str, Option<&str>),
) -> Result<Command, Refusal> {
    let world = client.world();
    let field = match key {
        "display-name" => Some(ProfileField::DisplayName),
        "avatar" => Some(ProfileField::Avatar),
        _ => None,
    };
    if let Some(field) = field.filter(|_| world.is_account(user)) {
        let value = value.map(Into::into);
        return Ok(Command::SetProfile { field, value });
    }
    let session = client.session.as_ref().map(polylogue_hub::Session::id);
    let live = session.and_then(|id| Some((id, world.live.sessions.get(&id)?)));
    let (session, live) = live.ok_or(Refusal::LoggedOut)?;
    let mut metadata = live.presentation.metadata.clone();
    match value {
        Some(value) => metadata.insert(key.into(), value.into()),
        None => metadata.remove(key),
    };
    if metadata.len() > KEYS {
        return Err(Refusal::TooMany {
            what: "keys",
            limit: KEYS,
        });
    }
    Ok(Command::Present {
        session,
        presentation: Presentation {
            metadata,
            ..live.presentation.clone()
        },
    })
}

fn subscribe(client: &mut Client, keys: &[&str]) {
    let mut known = Vec::new();
    for word in keys {
        match Key::from_name(word) {
            Some(key) => {
                client.subscribed = client.subscribed.with(key);
                known.push(key.name());
            }
            None => fail(
                client,
                "KEY_INVALID",
                &[word],
                "Only registered keys are told of",
            ),
        }
    }
    client.set_capabilities(client.capabilities);
    list(client, Numeric::RplMetadataSubOk, &known);
}

fn unsubscribe(client: &mut Client, keys: &[&str]) {
    let known: Vec<_> = keys
        .iter()
        .filter_map(|word| Key::from_name(word))
        .collect();
    for key in &known {
        client.subscribed = client.subscribed.without(*key);
    }
    client.set_capabilities(client.capabilities);
    let known: Vec<_> = known.into_iter().map(Key::name).collect();
    list(client, Numeric::RplMetadataUnsubOk, &known);
}

fn list(client: &mut Client, numeric: Numeric, keys: &[&str]) {
    client.replies.numeric(numeric, |line| {
        line.middles(keys.iter().map(|key| part(key))).end()
    });
}

fn tell(client: &mut Client, target: &str, (key, value): (&str, Option<&str>)) {
    match value {
        Some(value) => client
            .replies
            .text(Numeric::RplKeyValue, &[target, key, "*"], value),
        None => client
            .replies
            .text(Numeric::RplKeyNotSet, &[target, key], "Key is not set"),
    }
}

/// Several, in a batch of their own.
fn tell_all(client: &mut Client, target: &str, values: &[(&str, Option<&str>)]) {
    let before = client.replies.finish();
    for value in values {
        tell(client, target, *value);
    }
    let lines = client.replies.finish();
    client.replies.append_lines(&before);
    let batched = client.capabilities.has(polylogue_irc::Capability::Batch);
    let (Some(reference), true) = (Reference::new("m1"), batched) else {
        return client.replies.append_lines(&lines);
    };
    let mut out = bytes::BytesMut::new();
    let server = client.replies.server();
    let kind = const { Middle::literal("metadata") };
    let _ = LineWriter::new(&mut out)
        .open_batch(part(&server), reference, kind)
        .middle(part(target))
        .end();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        add_tag(line, &Tag::new(TagKey::BATCH, reference.as_str()), &mut out);
    }
    let _ = LineWriter::new(&mut out)
        .close_batch(part(&server), reference)
        .end();
    client.replies.append_lines(&out);
}

/// RPL_WHOISKEYVALUE, to those who know METADATA.
pub(super) fn whois(client: &mut Client, user: UserId, nick: &str) {
    let knows = [
        polylogue_irc::Capability::Metadata2,
        polylogue_irc::Capability::Metadata3,
    ];
    if !knows.into_iter().any(|one| client.capabilities.has(one)) {
        return;
    }
    let world = client.world();
    for (key, value) in metadata::shown_of(&world, (client.user_id(), user)) {
        let text = Trailing::lossy(&value);
        client.replies.numeric(Numeric::RplWhoisKeyValue, |line| {
            line.middle(part(nick))
                .middle(part(&key))
                .middle(Middle::STAR)
                .trailing(&text)
        });
    }
}

fn forbidden(client: &mut Client, target: &str, key: &str) {
    let text = "Only the user himself changes that";
    fail(client, "KEY_NO_PERMISSION", &[target, key], text);
}

fn fail(client: &mut Client, code: &'static str, context: &[&str], text: &str) {
    let code = Middle::new(code).unwrap_or(Middle::STAR);
    client.replies.fail((Verb::Metadata, code), context, text);
}
