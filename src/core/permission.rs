//! The one permission function, for all front-ends: what a user's standing and level allow in a room. Bans and masks at the door are
//! `decide::join`'s business.

use crate::ids::UserId;
use crate::refusal::Refusal;
use crate::room::{Membership, RoomState};

/// The Matrix type of what is said in words.
const TEXT: &str = "m.room.message";

/// What somebody wants to do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Send a message event of this Matrix type.
    Send(&'a str),
    /// Say a text, or something that passes: from outside too, where the room takes that.
    Speak,
    /// Set state of this Matrix type.
    SetState(&'a str),
    /// Ask somebody in.
    Invite,
    /// Put somebody out.
    Kick(UserId),
    /// Shut somebody out.
    Ban(UserId),
    /// Let somebody come again.
    Unban,
    /// Redact an event of this author.
    Redact(UserId),
    /// Change mask lists, the key, names and the directory's entry.
    Configure,
}

/// Whether `user` may do `action` in `room` (Matrix room version 10 "Authorization rules", for what they share with IRC).
///
/// # Errors
/// [`Refusal::NotJoined`], [`Refusal::CannotSpeak`], [`Refusal::LevelTooLow`] or [`Refusal::TargetLevel`].
pub fn check(room: &RoomState, user: UserId, action: Action<'_>) -> Result<(), Refusal> {
    if user == UserId::SERVER {
        return Ok(());
    }
    match room.membership(user) {
        Some(Membership::Join) => {}
        Some(_) | None if action == Action::Speak && room.hears_from_outside(user) => {}
        Some(Membership::Invite | Membership::Knock | Membership::Leave | Membership::Ban)
        | None => return Err(Refusal::NotJoined),
    }
    let power = &room.power;
    let have = room.level(user);
    let needed = match action {
        Action::Send(kind) => return loud_enough(have, power.to_send(kind)),
        Action::Speak => return loud_enough(have, power.to_send(TEXT)),
        Action::SetState(kind) => power.to_set(kind),
        Action::Invite => power.invite,
        Action::Kick(_) => power.kick,
        Action::Ban(_) | Action::Unban => power.ban,
        Action::Redact(author) if author == user => power.to_send("m.room.redaction"),
        Action::Redact(_) => power.redact.max(power.to_send("m.room.redaction")),
        // As a half-operator of IRC may: the level of kicking, or of setting state if that is lower.
        Action::Configure => power.kick.min(power.state_default),
    };
    if have < needed {
        return Err(Refusal::LevelTooLow { needed, have });
    }
    match action {
        Action::Kick(target) | Action::Ban(target) if room.level(target) >= have => {
            Err(Refusal::TargetLevel)
        }
        Action::Kick(_)
        | Action::Ban(_)
        | Action::Send(_)
        | Action::Speak
        | Action::SetState(_)
        | Action::Invite
        | Action::Unban
        | Action::Redact(_)
        | Action::Configure => Ok(()),
    }
}

fn loud_enough(have: i64, needed: i64) -> Result<(), Refusal> {
    if have >= needed {
        Ok(())
    } else {
        Err(Refusal::CannotSpeak)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ids::{RoomId, RoomSequence, Timestamp};
    use crate::power::{PowerLevels, Prefixes};
    use crate::room::{Creation, Member, RoomKind};

    const FOUNDER: UserId = UserId(1);
    const OPERATOR: UserId = UserId(2);
    const MEMBER: UserId = UserId(3);
    const OUTSIDER: UserId = UserId(4);
    const MUTED: UserId = UserId(5);

    fn room() -> RoomState {
        let creation = Creation {
            creator: FOUNDER,
            at: Timestamp(0),
            version: 11,
            kind: RoomKind::Group,
            content: None,
        };
        let mut room = RoomState::new(RoomId(1), creation);
        for user in [FOUNDER, OPERATOR, MEMBER, MUTED] {
            let member = Member {
                membership: Membership::Join,
                prefixes: Prefixes::default(),
                since: RoomSequence(1),
                by: user,
            };
            room.members.insert(user, member);
        }
        let mut power = PowerLevels::default();
        power.set(FOUNDER, 100);
        power.set(OPERATOR, 50);
        power.set(MUTED, -1);
        room.power = Arc::new(power);
        room
    }

    #[test]
    fn operation_by_role() {
        let room = room();
        let check = |action: Action<'_>, allowed: &[UserId]| {
            for user in [FOUNDER, OPERATOR, MEMBER, MUTED, OUTSIDER] {
                assert_eq!(
                    check(&room, user, action).is_ok(),
                    allowed.contains(&user),
                    "{action:?} by {user:?}"
                );
            }
        };
        check(Action::Send("m.room.message"), &[FOUNDER, OPERATOR, MEMBER]);
        check(Action::SetState("m.room.topic"), &[FOUNDER, OPERATOR]);
        check(Action::Invite, &[FOUNDER, OPERATOR, MEMBER]);
        check(Action::Kick(MEMBER), &[FOUNDER, OPERATOR]);
        check(Action::Kick(OPERATOR), &[FOUNDER]);
        check(Action::Ban(FOUNDER), &[]);
        check(Action::Unban, &[FOUNDER, OPERATOR]);
        check(Action::Redact(MEMBER), &[FOUNDER, OPERATOR, MEMBER]);
        check(Action::Redact(OUTSIDER), &[FOUNDER, OPERATOR]);
        check(Action::Configure, &[FOUNDER, OPERATOR]);
    }
}
