//! How much an account may say, and how much else it may do that others are told of, over all front-ends and sessions: two buckets each, filled
//! at the same steady rate. It knows no clock: times are arguments.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use polylogue_core::command::{Actor, Scope};
use polylogue_core::keys::KeysCommand;
use polylogue_core::{Command, Refusal, Timestamp, UserId};

use crate::config::Limits;

/// Bytes of a message that cost as much as saying it.
const PIECE: usize = 2048;
/// What the dearest message costs.
const DEAREST: u64 = 8;
/// Deeds that may be done at once for each message that may be said at once: who comes in with fifty channels does no harm.
const DEEDS: u64 = 10;
/// Messages to devices that cost as much as one deed: a key for a room goes to every device of every member.
const PARCELS: usize = 16;
/// Accounts remembered before those with a full bucket are forgotten.
const REMEMBERED: usize = 4096;

/// The buckets.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Microseconds of the steady rate that one message takes; 0 for no bounds.
    each: u64,
    /// Microseconds that a full bucket of words is worth; one of deeds is worth [`DEEDS`] times that.
    full: u64,
    buckets: Mutex<HashMap<UserId, Spent>>,
}

/// Until when, in microseconds, what was taken from each bucket of an account takes to come back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Spent {
    words: u64,
    deeds: u64,
}

/// What a command costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// Nothing: only the asker sees it, or it has bounds of its own.
    Nothing,
    /// So many short messages.
    Words(u64),
    /// So many deeds; never more than a whole bucket.
    Deeds(u64),
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let each = 1_000_000_u64
            .checked_div(limits.messages_per_second)
            .unwrap_or(0);
        Self {
            each,
            full: each.saturating_mul(limits.message_burst),
            buckets: Mutex::default(),
        }
    }

    /// Takes what a command costs.
    ///
    /// # Errors
    /// [`Refusal::Throttled`] if there is not enough; nothing is taken then.
    pub(crate) fn take(
        &self,
        actor: &Actor,
        command: &Command,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<(), Refusal> {
        if self.each == 0 || actor.scope != Scope::User {
            return Ok(());
        }
        let cost = cost(command);
        let (units, full) = match cost {
            Cost::Nothing => return Ok(()),
            Cost::Words(units) => (units, self.full),
            Cost::Deeds(units) => (units, self.full.saturating_mul(DEEDS)),
        };
        let price = match cost {
            Cost::Nothing | Cost::Words(_) => units.saturating_mul(self.each),
            Cost::Deeds(_) => units.saturating_mul(self.each).min(full),
        };
        let now = now().0.saturating_mul(1000);
        let mut buckets = self.lock();
        if buckets.len() >= REMEMBERED && !buckets.contains_key(&actor.user) {
            buckets.retain(|_, spent| spent.words.max(spent.deeds) > now);
        }
        let spent = buckets.entry(actor.user).or_default();
        let spent = match cost {
            Cost::Nothing | Cost::Words(_) => &mut spent.words,
            Cost::Deeds(_) => &mut spent.deeds,
        };
        let after = (*spent).max(now).saturating_add(price);
        let over = after.saturating_sub(now).saturating_sub(full);
        if over > 0 {
            return Err(Refusal::Throttled {
                until: Timestamp(now.saturating_add(over).div_ceil(1000)),
            });
        }
        *spent = after;
        Ok(())
    }

    /// How many short messages a user could say now; if he could not say one of so many bytes, when he can again.
    pub(crate) fn left(
        &self,
        user: UserId,
        bytes: usize,
        now: Timestamp,
    ) -> Result<u64, Timestamp> {
        if self.each == 0 {
            return Ok(u64::MAX);
        }
        let now = now.0.saturating_mul(1000);
        let spent = self.lock().get(&user).copied().unwrap_or_default();
        let spent = spent.words.max(now);
        let free = self.full.saturating_sub(spent.saturating_sub(now));
        // More than a full bucket nobody ever has.
        let needed = self.each.saturating_mul(of_text(bytes)).min(self.full);
        match needed.saturating_sub(free) {
            0 => Ok(free.checked_div(self.each).unwrap_or(0)),
            missing => Err(Timestamp(now.saturating_add(missing).div_ceil(1000))),
        }
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Spent>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What saying something of so many bytes costs.
fn of_text(bytes: usize) -> u64 {
    pieces(bytes).min(DEAREST)
}

/// What others are told by a command costs; what only the asker sees has bounds of its own.
fn cost(command: &Command) -> Cost {
    match command {
        Command::Say(say) => Cost::Words(of_text(say.message.body.size())),
        Command::Transient(_)
        | Command::Redact { .. }
        | Command::SetTopic { .. }
        | Command::Invite { .. }
        | Command::Knock { .. } => Cost::Words(1),
        Command::CreateRoom(request) => {
            let sizes = request.state.iter().map(|change| change.content.as_str());
            let size = sizes.map(str::len).sum::<usize>() / PIECE;
            let told = request.invite.len().saturating_add(size);
            Cost::Deeds(number(told).saturating_add(1))
        }
        // What is kept in memory costs for all of it.
        Command::SetState { change, .. } => Cost::Deeds(pieces(change.content.as_str().len())),
        Command::SetMember { content, .. } => Cost::Deeds(pieces(content.as_str().len())),
        Command::Keys(KeysCommand::Send { messages, .. }) => {
            let sizes = messages.iter().map(|parcel| parcel.content.as_str());
            let size = sizes.map(str::len).sum::<usize>() / PIECE;
            let parcels = messages.len().max(size) / PARCELS;
            Cost::Deeds(number(parcels).saturating_add(1))
        }
        Command::Join { .. }
        | Command::Ban { .. }
        | Command::Unban { .. }
        | Command::SetPower { .. }
        | Command::SetPrefixes { .. }
        | Command::SetModes { .. }
        | Command::SetMask { .. }
        | Command::SetSetting { .. }
        | Command::TakeRoom { .. }
        | Command::ClearRoom { .. }
        | Command::CloseRoom { .. }
        | Command::LetIn { .. }
        | Command::SetProfile { .. }
        | Command::Rename { .. }
        | Command::GroupNick { .. }
        | Command::UngroupNick { .. }
        | Command::Present { .. }
        | Command::SetAway { .. }
        | Command::Typing { .. } => Cost::Deeds(1),
        // Who is an operator has reason to be fast. Whoever goes, or is put out, has come in before, and that was paid for.
        Command::Operator(_) | Command::Leave { .. } | Command::Kick { .. } => Cost::Nothing,
        Command::Keys(
            KeysCommand::Upload(_)
            | KeysCommand::Claim { .. }
            | KeysCommand::UploadSigning(_)
            | KeysCommand::Sign { .. }
            | KeysCommand::Acknowledge { .. },
        )
        | Command::Register { .. }
        | Command::AddDevice { .. }
        | Command::AddCertificate { .. }
        | Command::RenameDevice { .. }
        | Command::RemoveDevices { .. }
        | Command::RemoveAllDevices
        | Command::SetPassword { .. }
        | Command::Disable { .. }
        | Command::SetAccountData { .. }
        | Command::PutDocument { .. }
        | Command::Silence { .. }
        | Command::MarkRead { .. }
        | Command::Attach(_)
        | Command::Detach { .. }
        | Command::LogIn { .. }
        | Command::LogOut { .. }
        | Command::EndSessions { .. }
        | Command::Timed { .. } => Cost::Nothing,
    }
}

/// What something of a size costs: one for every piece of it.
fn pieces(bytes: usize) -> u64 {
    number(bytes / PIECE).saturating_add(1)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use polylogue_core::body::{Form, Message, Text, TextKind};
    use polylogue_core::command::{CreateRoom, Destination, Say};
    use polylogue_core::{Body, RoomId};

    use super::*;

    fn say(bytes: usize) -> Command {
        let text = Text {
            kind: TextKind::Text,
            form: Form::Irc("x".repeat(bytes).into()),
        };
        Command::Say(Say {
            to: Destination::Room(RoomId(1)),
            message: Message {
                body: Body::Text(text),
                relation: None,
                mentions: [].into(),
            },
        })
    }

    #[test]
    fn a_bucket_per_account() {
        let budget = Budget::new(&Limits {
            message_burst: 10,
            messages_per_second: 2,
            ..Limits::NONE
        });
        let (alice, bob) = (Actor::user(UserId(1), None), Actor::user(UserId(2), None));
        let check = |actor: &Actor, (bytes, at): (usize, u64), until: Option<u64>| {
            let expected = match until {
                None => Ok(()),
                Some(until) => Err(Refusal::Throttled {
                    until: Timestamp(until),
                }),
            };
            let got = budget.take(actor, &say(bytes), || Timestamp(at));
            assert_eq!(got, expected, "{bytes} bytes at {at}");
        };
        assert_eq!(budget.left(UserId(1), 5, Timestamp(1_000)), Ok(10));
        for _ in 0..10 {
            check(&alice, (5, 1_000), None);
        }
        check(&alice, (5, 1_000), Some(1_500));
        assert_eq!(
            budget.left(UserId(1), 5, Timestamp(1_000)),
            Err(Timestamp(1_500))
        );
        check(&bob, (5, 1_000), None);
        check(&Actor::SERVER, (5, 1_000), None);
        // A refused message takes nothing, and two a second come back.
        check(&alice, (5, 1_500), None);
        check(&alice, (5, 1_999), Some(2_000));
        assert_eq!(budget.left(UserId(1), 5, Timestamp(3_000)), Ok(3));
        assert_eq!(
            budget.left(UserId(1), 3 * PIECE, Timestamp(3_000)),
            Err(Timestamp(3_500))
        );
        // A long one costs more, and the longest as much as eight.
        check(&alice, (2 * PIECE, 3_000), None);
        check(&alice, (0, 3_000), Some(3_500));
        check(&alice, (60_000, 6_499), Some(7_000));
        check(&alice, (60_000, 7_000), None);
    }

    #[test]
    fn what_others_are_told_of_costs_though_nothing_is_said() {
        let budget = Budget::new(&Limits {
            message_burst: 2,
            messages_per_second: 1,
            ..Limits::NONE
        });
        let alice = Actor::user(UserId(1), None);
        let rename = || Command::Rename {
            nick: "alice".into(),
        };
        let take = |command: Command| budget.take(&alice, &command, || Timestamp(1_000));
        let until = |seconds: u64| {
            Err(Refusal::Throttled {
                until: Timestamp(seconds * 1000),
            })
        };
        for _ in 0..20 {
            assert_eq!(take(rename()), Ok(()));
        }
        assert_eq!(take(rename()), until(2));
        // Words are counted apart, and to go is free.
        assert_eq!(take(say(1)), Ok(()));
        let leave = Command::Leave {
            room: RoomId(1),
            reason: None,
        };
        assert_eq!(take(leave), Ok(()));
        // However many are asked in, a whole bucket pays for it.
        let bob = Actor::user(UserId(2), None);
        let create = |invitations: u32| {
            let create = CreateRoom {
                invite: (0..invitations).map(UserId).collect(),
                ..CreateRoom::default()
            };
            let command = Command::CreateRoom(Box::new(create));
            budget.take(&bob, &command, || Timestamp(1_000))
        };
        assert_eq!(create(100), Ok(()));
        assert_eq!(create(0), until(2));
        assert_eq!(create(3), until(5));
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let budget = Budget::new(&Limits::NONE);
        let alice = Actor::user(UserId(1), None);
        for _ in 0..1000 {
            assert_eq!(budget.take(&alice, &say(60_000), || Timestamp(1)), Ok(()));
        }
        assert_eq!(budget.left(UserId(1), 5, Timestamp(1)), Ok(u64::MAX));
        assert!(budget.lock().is_empty());
    }
}
