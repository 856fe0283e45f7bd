//! How much of a room a user has not read: what is newest by his push rules, what is older as a difference of the room's counts.

use polylogue_core::room::Room;
use polylogue_core::{RoomChange, RoomSequence, UserId};
use polylogue_hub::{Direction, VisibleEvent};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::error::Failure;
use crate::render::client_event;
use crate::wishes;

/// Events that are looked at one by one; what is unread before them is counted by difference.
const LOOK: usize = 50;

/// `unread_notifications` of a room at a place, for a user who has read up to another.
pub(crate) async fn notifications(
    scene: &Scene<'_>,
    room: &Room,
    (read, cut): (RoomSequence, RoomSequence),
) -> Result<Value, Failure> {
    let (matrix, user) = (scene.matrix, scene.access.user);
    // Nobody has to read what was said before he came.
    let joined = room.state.members.get(&user).map(|member| member.since);
    let read = read.max(joined.unwrap_or_default());
    if read >= cut {
        return Ok(shown(Unread::default()));
    }
    let id = room.state.id;
    let page = matrix
        .hub
        .history(user, (id, cut.next()), (Direction::Backward, LOOK))
        .await?;
    let (events, end) = since(&page.events, (read, user));
    let mut unread = Unread::default();
    let world = &*scene.changes.world;
    let senders = events.iter().map(|event| event.sender).collect();
    let asked = wishes::room(matrix, (world, room), (user, &senders));
    let rules = scene.wishes.rules(matrix, user)?;
    for event in events {
        let shown = client_event(matrix, world, (id, event));
        if let Some(room) = &asked
            && !wishes::is_hidden(scene.wishes.ignored(), event, &shown)
        {
            let notified = wishes::notified(&rules, &shown, room).await;
            unread.notifying += u64::from(notified.notifies);
            unread.mentions += u64::from(notified.highlights);
        }
    }
    // In a room where nothing notifies, what came earlier does not either.
    if end == End::Beyond && unread.notifying > 0 {
        let before = matrix.hub.event_in(user, id, read).await;
        let oldest = page.events.last().map_or(0, |event| event.notifying);
        let rest = before.map_or(0, |before| oldest.saturating_sub(before.notifying));
        // The oldest that was looked at is in both counts.
        unread.notifying +=
            rest.saturating_sub(u64::from(page.events.last().is_some_and(notifies)));
    }
    Ok(shown(unread))
}

fn shown(unread: Unread) -> Value {
    json!({ "notification_count": unread.notifying, "highlight_count": unread.mentions })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Unread {
    notifying: u64,
    mentions: u64,
}

/// Where looking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// At what was read.
    Read,
    /// Before it: there is more.
    Beyond,
}

/// What was not read, of the newest events. Whoever speaks has read what was said before.
fn since(
    newest_first: &[VisibleEvent],
    (read, user): (RoomSequence, UserId),
) -> (&[VisibleEvent], End) {
    let is_read = |event: &VisibleEvent| {
        let speaks = matches!(event.change, RoomChange::Message(_)) && event.sender == user;
        event.sequence <= read || speaks
    };
    let unread = newest_first.iter().position(is_read);
    let all = newest_first.len();
    let end = match unread {
        None if all >= LOOK => End::Beyond,
        Some(_) | None => End::Read,
    };
    let events = newest_first.get(..unread.unwrap_or(all));
    (events.unwrap_or_default(), end)
}

fn notifies(event: &VisibleEvent) -> bool {
    match &event.change {
        RoomChange::Message(message) => message.body.notifies(),
        RoomChange::Created(_)
        | RoomChange::Member(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use polylogue_core::body::{Body, Form, Message, Text, TextKind};
    use polylogue_core::{Position, Timestamp};

    use super::*;

    const ME: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    /// Words of these senders, newest first.
    fn timeline(senders: &[UserId]) -> Vec<VisibleEvent> {
        let count = u64::try_from(senders.len()).unwrap();
        let places = (1..=count).rev();
        let event = |(place, sender): (u64, &UserId)| {
            let (kind, form) = (TextKind::Text, Form::Irc("x".into()));
            VisibleEvent {
                position: Position(place),
                sequence: RoomSequence(place),
                at: Timestamp(0),
                sender: *sender,
                notifying: place,
                change: RoomChange::Message(Message::plain(Body::Text(Text { kind, form }))),
            }
        };
        places.zip(senders).map(event).collect()
    }

    #[test]
    fn what_others_said_since() {
        let check = |senders: &[UserId], read: u64, want: (usize, End)| {
            let events = timeline(senders);
            let (unread, end) = since(&events, (RoomSequence(read), ME));
            assert_eq!((unread.len(), end), want, "{senders:?} {read}");
        };
        check(&[], 0, (0, End::Read));
        check(&[BOB, BOB], 0, (2, End::Read));
        check(&[BOB, BOB], 1, (1, End::Read));
        check(&[BOB, BOB], 2, (0, End::Read));
        check(&[BOB, ME, BOB], 0, (1, End::Read));
        check(&[BOB; LOOK], 0, (50, End::Beyond));
    }
}
