//! Power levels and IRC prefixes: two views of one store of permissions. Which level an action needs is for [`permission`](crate::permission).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// An IRC channel prefix, from highest to lowest (`PREFIX=(qaohv)~&@%+`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Prefix {
    /// `+q`, `~`: level 100.
    Founder,
    /// `+a`, `&`: level 75.
    Admin,
    /// `+o`, `@`: level 50.
    Operator,
    /// `+h`, `%`: level 25.
    HalfOperator,
    /// `+v`, `+`: level 1.
    Voice,
}

impl Prefix {
    /// All, from highest to lowest.
    pub const ALL: [Self; 5] = [
        Self::Founder,
        Self::Admin,
        Self::Operator,
        Self::HalfOperator,
        Self::Voice,
    ];

    /// The level that granting this prefix gives.
    #[must_use]
    pub fn level(self) -> i64 {
        match self {
            Self::Founder => 100,
            Self::Admin => 75,
            Self::Operator => 50,
            Self::HalfOperator => 25,
            Self::Voice => 1,
        }
    }

    /// The highest prefix that a level shows as; none at 0 and below.
    #[must_use]
    pub fn of_level(level: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|prefix| level >= prefix.level())
    }

    fn bit(self) -> u8 {
        match self {
            Self::Founder => 1,
            Self::Admin => 2,
            Self::Operator => 4,
            Self::HalfOperator => 8,
            Self::Voice => 16,
        }
    }
}

/// A set of prefixes that a member was given, kept beside the exact level, so that `-o` falls back to a `+v` given earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prefixes(u8);

impl Prefixes {
    /// With `prefix` in it.
    #[must_use]
    pub fn with(self, prefix: Prefix) -> Self {
        Self(self.0 | prefix.bit())
    }

    /// Without `prefix`.
    #[must_use]
    pub fn without(self, prefix: Prefix) -> Self {
        Self(self.0 & !prefix.bit())
    }

    /// Whether `prefix` is in it.
    #[must_use]
    pub fn holds(self, prefix: Prefix) -> bool {
        self.0 & prefix.bit() != 0
    }

    /// The highest in it.
    #[must_use]
    pub fn highest(self) -> Option<Prefix> {
        Prefix::ALL.into_iter().find(|prefix| self.holds(*prefix))
    }

    /// From highest to lowest.
    pub fn iter(self) -> impl Iterator<Item = Prefix> {
        Prefix::ALL
            .into_iter()
            .filter(move |prefix| self.holds(*prefix))
    }

    /// What shows on IRC for a member with these bits and this exact level: the level's own prefix, and every lower one that was given.
    #[must_use]
    pub fn shown(self, level: i64) -> Self {
        let Some(top) = Prefix::of_level(level) else {
            return Self::default();
        };
        self.iter()
            .filter(|prefix| *prefix > top)
            .fold(Self::default().with(top), Self::with)
    }
}

/// `m.room.power_levels` (Matrix client-server API), typed. Defaults are those of the specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerLevels {
    /// Levels of users who differ from `users_default`.
    pub users: BTreeMap<UserId, i64>,
    /// Level of everybody else.
    pub users_default: i64,
    /// Level needed to send a type, where it differs from the two defaults.
    pub events: BTreeMap<String, i64>,
    /// Level needed to send a message event.
    pub events_default: i64,
    /// Level needed to set state.
    pub state_default: i64,
    /// Level needed to ban and unban.
    pub ban: i64,
    /// Level needed to kick.
    pub kick: i64,
    /// Level needed to redact somebody else's event.
    pub redact: i64,
    /// Level needed to invite.
    pub invite: i64,
    /// Level needed to notify the whole room.
    pub notify_room: i64,
}

impl Default for PowerLevels {
    fn default() -> Self {
        Self {
            users: BTreeMap::new(),
            users_default: 0,
            events: BTreeMap::new(),
            events_default: 0,
            state_default: 50,
            ban: 50,
            kick: 50,
            redact: 50,
            invite: 0,
            notify_room: 50,
        }
    }
}

impl PowerLevels {
    /// A user's level.
    #[must_use]
    pub fn of(&self, user: UserId) -> i64 {
        self.users.get(&user).copied().unwrap_or(self.users_default)
    }

    /// Sets a user's level; the default level takes no row.
    pub fn set(&mut self, user: UserId, level: i64) {
        if level == self.users_default {
            self.users.remove(&user);
        } else {
            self.users.insert(user, level);
        }
    }

    /// These levels where they differ from `known`, and `present` where they do not: so that two who change different levels at the same time
    /// do not undo each other's.
    #[must_use]
    pub(crate) fn onto(self, present: &Self, known: &Self) -> Self {
        let pick = |new: i64, known: i64, present: i64| if new == known { present } else { new };
        Self {
            users_default: pick(
                self.users_default,
                known.users_default,
                present.users_default,
            ),
            events_default: pick(
                self.events_default,
                known.events_default,
                present.events_default,
            ),
            state_default: pick(
                self.state_default,
                known.state_default,
                present.state_default,
            ),
            ban: pick(self.ban, known.ban, present.ban),
            kick: pick(self.kick, known.kick, present.kick),
            redact: pick(self.redact, known.redact, present.redact),
            invite: pick(self.invite, known.invite, present.invite),
            notify_room: pick(self.notify_room, known.notify_room, present.notify_room),
            users: rows_onto(self.users, &present.users, &known.users),
            events: rows_onto(self.events, &present.events, &known.events),
        }
    }

    /// The level needed to send a message event of a type.
    #[must_use]
    pub fn to_send(&self, kind: &str) -> i64 {
        self.events
            .get(kind)
            .copied()
            .unwrap_or(self.events_default)
    }

    /// The level needed to set state of a type.
    #[must_use]
    pub fn to_set(&self, kind: &str) -> i64 {
        self.events.get(kind).copied().unwrap_or(self.state_default)
    }
}

fn rows_onto<K: Ord + Clone>(
    new: BTreeMap<K, i64>,
    present: &BTreeMap<K, i64>,
    known: &BTreeMap<K, i64>,
) -> BTreeMap<K, i64> {
    let mut rows = present.clone();
    rows.retain(|key, _| !known.contains_key(key) || new.contains_key(key));
    rows.extend(
        new.into_iter()
            .filter(|(key, level)| known.get(key) != Some(level)),
    );
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_show_as_prefixes() {
        let check =
            |level: i64, want: Option<Prefix>| assert_eq!(Prefix::of_level(level), want, "{level}");
        check(i64::MAX, Some(Prefix::Founder));
        check(100, Some(Prefix::Founder));
        check(99, Some(Prefix::Admin));
        check(50, Some(Prefix::Operator));
        check(42, Some(Prefix::HalfOperator));
        check(1, Some(Prefix::Voice));
        check(0, None);
        check(-1, None);
    }

    #[test]
    fn a_voice_given_earlier_shows_below_the_level() {
        let voiced = Prefixes::default().with(Prefix::Voice);
        let shown: Vec<_> = voiced.shown(50).iter().collect();
        assert_eq!(shown, [Prefix::Operator, Prefix::Voice]);
        assert_eq!(
            voiced.shown(0),
            Prefixes::default(),
            "a level of 0 shows nothing"
        );
    }
}
