//! Modes of a room: parts of its power levels, its join rule, its guest access and its channel modes, each changed beside what stays.

use super::{Deciding, Decision, Outcome, power, state};
use crate::command::{Direction, ModeChange, RoomFlag};
use crate::facets;
use crate::ids::RoomId;
use crate::power::PowerLevels;
use crate::refusal::Refusal;
use crate::room::{ChannelModes, JoinRule, RoomState};

/// Changes modes: at most one event of each kind of state, or nothing at all if one of them is refused.
pub(super) fn set(
    at: Deciding<'_>,
    id: RoomId,
    changes: &[ModeChange],
) -> Result<Decision, Refusal> {
    let room = &at.room(id)?.state;
    let mut wanted = Wanted::of(room);
    for change in changes {
        wanted.take(*change);
    }
    let now = Wanted::of(room);
    let mut events = Vec::new();
    if wanted.levels != now.levels {
        events.extend(power::change(at, room, wanted.levels, None)?);
    }
    if wanted.rule != now.rule {
        events.extend(state::change(at, room, facets::join_rules(wanted.rule))?);
    }
    if wanted.guests != now.guests {
        events.extend(state::change(
            at,
            room,
            facets::guest_access(wanted.guests),
        )?);
    }
    if wanted.modes != now.modes {
        events.extend(state::change(
            at,
            room,
            facets::channel_modes(wanted.modes),
        )?);
    }
    if events.is_empty() {
        return Ok(Decision::nothing(Outcome::Done));
    }
    let mut all = at.rows_for(at.actor.user);
    all.extend(events.into_iter().map(|event| at.event(id, event)));
    Ok(Decision {
        changes: all,
        outcome: Outcome::Done,
    })
}

/// What modes are parts of.
struct Wanted {
    levels: PowerLevels,
    rule: JoinRule,
    guests: bool,
    modes: ChannelModes,
}

impl Wanted {
    fn of(room: &RoomState) -> Self {
        Self {
            levels: (*room.power).clone(),
            rule: room.join_rule,
            guests: room.guests_may_join,
            modes: room.modes,
        }
    }

    fn take(&mut self, change: ModeChange) {
        let (flag, on) = match change {
            ModeChange::Limit(limit) => {
                self.modes.limit = limit;
                return;
            }
            ModeChange::Flag(flag, Direction::Add) => (flag, true),
            ModeChange::Flag(flag, Direction::Remove) => (flag, false),
        };
        match flag {
            RoomFlag::TopicLocked => {
                let level = if on { 50 } else { 0 };
                self.levels.events.insert(facets::TOPIC.into(), level);
            }
            RoomFlag::Moderated => self.levels.events_default = i64::from(on),
            RoomFlag::Closed => {
                // RFC 2812 section 3.2.7: into a channel that is by invitation operators invite, into an open one any member does.
                self.levels.invite = match (on, self.levels.invite) {
                    (true, level) => level.max(50),
                    (false, 50) => 0,
                    (false, level) => level,
                };
                self.rule = match (on, self.rule) {
                    (false, _) => JoinRule::Public,
                    (true, JoinRule::Public) if self.modes.no_knock => JoinRule::Invite,
                    (true, JoinRule::Public) => JoinRule::Knock,
                    (true, closed) => closed,
                };
            }
            RoomFlag::NoKnock => {
                self.modes.no_knock = on;
                self.rule = match (on, self.rule) {
                    (true, JoinRule::Knock) => JoinRule::Invite,
                    (false, JoinRule::Invite) => JoinRule::Knock,
                    (_, other) => other,
                };
            }
            RoomFlag::AccountsOnly => self.guests = !on,
            RoomFlag::NoCtcp => self.modes.no_ctcp = on,
            RoomFlag::NoColour => self.modes.no_colour = on,
            RoomFlag::AccountsSpeak => self.modes.accounts_speak = on,
            RoomFlag::MembersSpeak => self.modes.outsiders_speak = !on,
            RoomFlag::StripColour => self.modes.strip_colour = on,
        }
    }
}
