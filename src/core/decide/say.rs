//! Something is said, in a room or to a user.

use super::{Change, Deciding, Decision, Outcome, direct};
use crate::body::{Body, Form, Message, Relation};
use crate::command::{Destination, Say};
use crate::event::RoomChange;
use crate::ids::{RoomId, UserId};
use crate::limits;
use crate::mask::{Identity, muted};
use crate::permission::{self, Action};
use crate::refusal::Refusal;
use crate::room::{MaskList, Membership, Room, RoomState};

/// Says something to a room, or to a user in the direct room of the two.
pub(super) fn say(at: Deciding<'_>, say: Say) -> Result<Decision, Refusal> {
    check_message(&say.message)?;
    match say.to {
        Destination::Room(room) => to_room(at, room, say.message),
        Destination::User(peer) => direct::say(at, peer, say.message),
    }
}

/// Says something in a room that is there.
pub(super) fn to_room(at: Deciding<'_>, id: RoomId, message: Message) -> Result<Decision, Refusal> {
    let room = at.room(id)?;
    let actor = at.actor.user;
    if room.state.membership(actor) == Some(Membership::Invite)
        && room.state.peer_of(actor).is_some()
    {
        // Answering is accepting, wherever it is done.
        return direct::in_room(at, id, message);
    }
    may_say(at, room, &message)?;
    let mut changes = direct::wake_peer(at, room)?;
    changes.extend(at.rows_for(at.actor.user));
    // Nearly always the only one.
    changes.reserve_exact(1);
    changes.push(at.event(id, RoomChange::Message(message)));
    Ok(Decision {
        outcome: Outcome::Event(changes.len() - 1),
        changes,
    })
}

fn may_say(at: Deciding<'_>, room: &Room, message: &Message) -> Result<(), Refusal> {
    may_speak(at, &room.state, action(message))?;
    fits(at, room, message)
}

/// What a message is: words of one's own come from outside too, what changes or adds to the words of members does not. Matrix clients send to
/// rooms that they are in, and to others the answer is M_FORBIDDEN (Matrix client-server API, "PUT /rooms/{roomId}/send"): from there only
/// members speak.
fn action(message: &Message) -> Action<'_> {
    let is_own = match message.relation {
        None | Some(Relation::Reply(_) | Relation::Thread { .. }) => true,
        Some(Relation::Edit(_) | Relation::Reaction(_)) => false,
    };
    match &message.body {
        Body::Text(text) => match text.form {
            Form::Irc(_) | Form::Native { .. } if is_own => Action::Speak,
            Form::Irc(_) | Form::Native { .. } | Form::Matrix(_) => {
                Action::Send(message.body.event_type())
            }
        },
        Body::Reaction(_) | Body::Media(_) | Body::Sealed(_) | Body::Unknown(_) => {
            Action::Send(message.body.event_type())
        }
    }
}

/// Whether somebody's level allows a message: all that is asked of one who comes into his direct room by answering.
pub(super) fn may_send(
    room: &RoomState,
    (user, message): (UserId, &Message),
) -> Result<(), Refusal> {
    if room.level(user) < room.power.to_send(message.body.event_type()) {
        Err(Refusal::CannotSpeak)
    } else {
        Ok(())
    }
}

/// Whether a message may be in this room at all: no plain text among ciphertext, and what it refers to is there.
pub(super) fn fits(at: Deciding<'_>, room: &Room, message: &Message) -> Result<(), Refusal> {
    if room.state.encryption.is_some() && !passes_encrypted(&message.body) {
        return Err(Refusal::Encrypted);
    }
    if let Some(relation) = message.relation {
        check_relation(relation, room, at.actor.user)?;
    }
    Ok(())
}

/// Whether the actor may say or send something in a room: level, membership, quiet and ban masks.
pub(super) fn may_speak(
    at: Deciding<'_>,
    room: &RoomState,
    action: Action<'_>,
) -> Result<(), Refusal> {
    let user = at.actor.user;
    permission::check(room, user, action)?;
    let is_outside = !room.is_joined(user);
    let for_accounts =
        room.modes.accounts_speak && room.level(user) < 1 || is_outside && !room.guests_may_join;
    if for_accounts && !at.world.is_account(user) {
        return Err(Refusal::AccountRequired);
    }
    // A voice speaks through bans and quiets, as on every IRC server.
    if room.masks.is_empty() || room.level(user) >= 1 {
        return Ok(());
    }
    let identity = Identity::of(at.world, user);
    let hit = |list| {
        room.masks_of(list, at.context.now)
            .any(|mask| identity.matches(muted(&mask.mask).unwrap_or(&mask.mask)))
    };
    if (hit(MaskList::Ban) || hit(MaskList::Quiet)) && !hit(MaskList::Exception) {
        Err(Refusal::CannotSpeak)
    } else {
        Ok(())
    }
}

/// What may enter an encrypted room: ciphertext, and what clients never encrypt.
fn passes_encrypted(body: &Body) -> bool {
    match body {
        Body::Sealed(_) | Body::Reaction(_) => true,
        Body::Text(_) | Body::Media(_) | Body::Unknown(_) => false,
    }
}

/// A reference is to an event of this room; a new text is for one's own.
fn check_relation(relation: Relation, room: &Room, actor: UserId) -> Result<(), Refusal> {
    let exists = |target| room.holds(target);
    let known = match relation {
        Relation::Edit(target) if target.author != actor => return Err(Refusal::Forbidden),
        Relation::Reply(target) | Relation::Edit(target) | Relation::Reaction(target) => {
            exists(target)
        }
        Relation::Thread { root, reply } => exists(root) && reply.is_none_or(exists),
    };
    if known {
        Ok(())
    } else {
        Err(Refusal::NoSuchEvent)
    }
}

fn check_message(message: &Message) -> Result<(), Refusal> {
    if message.body.size() > limits::CONTENT {
        return Err(Refusal::TooLarge {
            what: "message",
            limit: limits::CONTENT,
        });
    }
    if message.mentions.len() > limits::MENTIONS {
        return Err(Refusal::TooMany {
            what: "mentions",
            limit: limits::MENTIONS,
        });
    }
    match &message.body {
        Body::Text(text) => match &text.form {
            Form::Irc(text) | Form::Native { text, .. } if text.is_empty() => {
                Err(Refusal::Invalid {
                    what: "empty message",
                })
            }
            Form::Irc(_) | Form::Native { .. } | Form::Matrix(_) => Ok(()),
        },
        Body::Reaction(key) if key.is_empty() || key.len() > limits::STATE_KEY => {
            Err(Refusal::Invalid { what: "reaction" })
        }
        Body::Media(content) | Body::Sealed(content) | Body::Unknown(content)
            if content.kind.is_empty() || content.kind.len() > limits::STATE_KEY =>
        {
            Err(Refusal::Invalid { what: "event type" })
        }
        Body::Reaction(_) | Body::Media(_) | Body::Sealed(_) | Body::Unknown(_) => Ok(()),
    }
}

/// A change that goes with a message, for `direct`.
pub(super) fn message(at: Deciding<'_>, room: RoomId, message: Message) -> Change {
    at.event(room, RoomChange::Message(message))
}
