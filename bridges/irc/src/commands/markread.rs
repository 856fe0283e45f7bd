//! `MARKREAD`: IRCv3 draft/read-marker. A channel's mark, or a conversation's, is the account's, on every front-end.

use polylogue_core::event::ReadAudience;
use polylogue_core::name::NameKey;
use polylogue_core::{Command, Refusal, RoomId, Timestamp};
use polylogue_irc::{Message, Middle, Verb, names::is_channel, time};

use crate::client::Client;
use crate::names;
use crate::render::read_mark;

/// Marks up to a time, or shows the mark.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(target) = message.given(0) else {
        return fail(client, "NEED_MORE_PARAMS", &[], "Missing parameters");
    };
    let room = room_of(client, target).await;
    if let Some(written) = message.given(1) {
        let time = written.strip_prefix("timestamp=").and_then(time::parse);
        let Some(time) = time.map(Timestamp) else {
            let context = [target, written];
            return fail(client, "INVALID_PARAMS", &context, "Invalid parameters");
        };
        let marked = match room {
            Some(room) => mark(client, room, time).await,
            None if is_channel(target) => Err(Refusal::NoSuchRoom),
            None => keep(client, target, time),
        };
        if let Err(refusal) = marked {
            let text = format!("The read timestamp could not be set: {refusal}");
            return fail(client, "INTERNAL_ERROR", &[target], &text);
        }
    }
    let world = client.world();
    let time = match (room, world.state.user(client.user_id())) {
        (Some(room), Some(user)) => user.mark(room).time,
        (Some(_), None) | (None, _) => kept(client, target),
    };
    client.replies.server_line(Verb::Markread, |line| {
        read_mark(line, names::echoed(target), time)
    });
}

async fn mark(client: &mut Client, room: RoomId, time: Timestamp) -> Result<(), Refusal> {
    let hub = client.irc.hub.clone();
    let command = Command::MarkRead {
        room,
        up_to: hub.sequence_at_time(room, time).await?,
        time,
        audience: ReadAudience::Own,
    };
    client.submit(command).await.map(drop)
}

/// Whom nothing was said to yet, and a guest's conversations, which are not kept either: the mark lives as long as the session.
fn keep(client: &mut Client, nick: &str, time: Timestamp) -> Result<(), Refusal> {
    let user = client.world().user_named(nick).ok_or(Refusal::NoSuchUser)?;
    let mark = client.private_marks.entry(user).or_default();
    *mark = time.min(crate::registration::now()).max(*mark);
    Ok(())
}

fn kept(client: &Client, nick: &str) -> Timestamp {
    let user = client.world().user_named(nick);
    user.and_then(|user| client.private_marks.get(&user))
        .copied()
        .unwrap_or_default()
}

async fn room_of(client: &Client, target: &str) -> Option<RoomId> {
    if is_channel(target) {
        return Some(client.known_channel(target).await?.state.id);
    }
    let world = client.world();
    let peer = world.user_named(target)?;
    let key = NameKey::direct(client.user_id(), peer);
    world.state.room_named(&key)
}

fn fail(client: &mut Client, code: &'static str, context: &[&str], text: &str) {
    let code = Middle::new(code).unwrap_or(Middle::STAR);
    client.replies.fail((Verb::Markread, code), context, text);
}
