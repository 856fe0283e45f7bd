//! `RENAME`: IRCv3 draft/channel-rename. Another name for a channel; the old one leads to it.

use polylogue_core::event::RoomSetting;
use polylogue_core::name::ChannelName;
use polylogue_core::{Command, Refusal, facets};
use polylogue_hub::Request;
use polylogue_irc::{Message, Middle, Verb};

use crate::client::Client;
use crate::refusal::{self, About};

/// Renames.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(old), Some(new)) = (client.required(message, 0), message.given(1)) else {
        if message.given(0).is_some() {
            client.required(message, 1);
        }
        return;
    };
    let Some(room) = client.channel(old).await else {
        return;
    };
    let id = room.state.id;
    let about = About {
        verb: Verb::Rename,
        target: old,
    };
    let name = match ChannelName::parse(new) {
        Ok(name) if name.is_published() && new.len() <= client.irc.config.channel_length => name,
        Ok(_) | Err(_) => {
            return fail(
                client,
                ("CANNOT_RENAME", "That can't be its name"),
                (old, new),
            );
        }
    };
    let canonical = room.state.canonical_name().cloned();
    let is_same = |known: &ChannelName| known.claim() == name.claim();
    let mut names = vec![name.clone()];
    names.extend(
        (room.state.names.iter())
            .filter(|known| !is_same(known) && canonical.as_ref() != Some(known))
            .cloned(),
    );
    let Some(session) = &client.session else {
        return;
    };
    let reason = message.given(2).map(Into::into);
    let alias = format!("{}:{}", name.as_str(), client.world().state.server_name);
    let commands = [
        Command::SetSetting {
            room: id,
            setting: RoomSetting::Names { names, reason },
        },
        Command::SetState {
            room: id,
            change: facets::canonical_alias(&alias),
        },
    ];
    let actor = session.actor();
    let requests = commands.map(|command| Request::new(actor.clone(), command));
    let results = client.irc.hub.clone().submit_all(requests.into()).await;
    match results.into_iter().find_map(Result::err) {
        None => {}
        Some(Refusal::NameTaken) => fail(
            client,
            ("CHANNEL_NAME_IN_USE", "Another channel has this name"),
            (old, new),
        ),
        Some(refusal) => refusal::tell(&mut client.replies, about, &refusal),
    }
}

fn fail(client: &mut Client, (code, text): (&'static str, &str), (old, new): (&str, &str)) {
    let code = Middle::new(code).unwrap_or(Middle::STAR);
    client.replies.fail((Verb::Rename, code), &[old, new], text);
}
