//! How much of a room a user has not read: a difference of its counts of notifying events, corrected by what he said himself.

use polylogue_core::room::Room;
use polylogue_core::{RoomChange, RoomSequence, UserId};
use polylogue_hub::{Direction, VisibleEvent};
use serde_json::{Value, json};

use crate::Matrix;
use crate::error::Failure;

/// Events that are looked at one by one; what is unread before them is counted by difference.
const LOOK: usize = 50;

/// `unread_notifications` of a room at a place, for a user who has read up to another.
pub(crate) async fn notifications(
    matrix: &Matrix,
    (room, user): (&Room, UserId),
    (read, cut): (RoomSequence, RoomSequence),
) -> Result<Value, Failure> {
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
    let (mut unread, end) = count(&page.events, (read, user));
    if end == End::Beyond {
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

/// Where counting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// At what was read.
    Read,
    /// Before it: there is more.
    Beyond,
}

/// Counts back from the newest. Whoever speaks has read what was said before.
fn count(newest_first: &[VisibleEvent], (read, user): (RoomSequence, UserId)) -> (Unread, End) {
    let mut unread = Unread::default();
    for event in newest_first {
        if event.sequence <= read {
            return (unread, End::Read);
        }
        let RoomChange::Message(message) = &event.change else {
            continue;
        };
        if event.sender == user {
            return (unread, End::Read);
        }
        unread.notifying += u64::from(message.body.notifies());
        unread.mentions += u64::from(message.mentions.contains(&user));
    }
    let end = if newest_first.len() < LOOK {
        End::Read
    } else {
        End::Beyond
    };
    (unread, end)
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

    /// Words for (sender, kind, mentioned), newest first.
    fn timeline(said: &[(UserId, TextKind, &[UserId])]) -> Vec<VisibleEvent> {
        let count = u64::try_from(said.len()).unwrap();
        let places = (1..=count).rev();
        let event = |(place, (sender, kind, mentions)): (u64, &(UserId, TextKind, &[UserId]))| {
            let form = Form::Irc("x".into());
            let body = Body::Text(Text { kind: *kind, form });
            let message = Message {
                body,
                relation: None,
                mentions: (*mentions).into(),
            };
            VisibleEvent {
                position: Position(place),
                sequence: RoomSequence(place),
                at: Timestamp(0),
                sender: *sender,
                notifying: place,
                change: RoomChange::Message(message),
            }
        };
        places.zip(said).map(event).collect()
    }

    #[test]
    fn what_others_said_since() {
        let check = |said: &[(UserId, TextKind, &[UserId])], read: u64, want: (u64, u64, End)| {
            let (unread, end) = count(&timeline(said), (RoomSequence(read), ME));
            assert_eq!(
                (unread.notifying, unread.mentions, end),
                want,
                "{said:?} {read}"
            );
        };
        let text = (BOB, TextKind::Text, &[][..]);
        let mention = (BOB, TextKind::Text, &[ME][..]);
        let notice = (BOB, TextKind::Notice, &[][..]);
        let own = (ME, TextKind::Text, &[][..]);
        check(&[], 0, (0, 0, End::Read));
        check(&[text, text], 0, (2, 0, End::Read));
        check(&[text, text], 1, (1, 0, End::Read));
        check(&[text, text], 2, (0, 0, End::Read));
        check(&[text, mention, notice], 0, (2, 1, End::Read));
        check(&[text, own, mention], 0, (1, 0, End::Read));
        check(&[text; LOOK], 0, (50, 0, End::Beyond));
    }
}
