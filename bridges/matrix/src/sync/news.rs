//! The set of what is new for one session: what changed, each with the position of its last change. It is kept until the session shows, by
//! the token it comes with, that it has been told: a reply that was lost is made again.

use std::collections::{BTreeMap, BTreeSet};

use polylogue_core::{Position, RoomId, Timestamp, UserId};

use super::marks::Mark;

/// Entries of the set; beyond them it is forgotten, and the session compares all its rooms with its token.
const BOUND: usize = 8192;

/// What is new.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Everything after this position is in here.
    from: Position,
    /// And everything up to this one has come.
    up_to: Position,
    timelines: BTreeMap<RoomId, Position>,
    reads: BTreeMap<(RoomId, UserId), Position>,
    profiles: BTreeMap<UserId, Position>,
    account_data: Position,
    flickers: Flickers,
    /// Until when somebody types in the rooms whose typing was told.
    typing_until: BTreeMap<RoomId, Timestamp>,
}

/// What flickers: told once, and never made again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Flickers {
    pub(crate) typing: BTreeSet<RoomId>,
    pub(crate) presence: BTreeSet<UserId>,
    pub(crate) renamed: BTreeSet<UserId>,
}

/// What is new after a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) up_to: Position,
    pub(crate) timelines: Vec<RoomId>,
    pub(crate) reads: Vec<(RoomId, UserId)>,
    pub(crate) profiles: Vec<UserId>,
    pub(crate) account_data: bool,
    pub(crate) flickers: Flickers,
}

impl News {
    /// Nothing is new at a position.
    pub(crate) fn at(position: Position) -> Self {
        Self {
            from: position,
            up_to: position,
            ..Self::default()
        }
    }

    /// Takes a mark in.
    pub(crate) fn note(&mut self, mark: Mark) {
        let position = match mark {
            Mark::Timeline(room, position) => {
                self.timelines.insert(room, position);
                position
            }
            Mark::Read(whose, position) => {
                self.reads.insert(whose, position);
                position
            }
            Mark::Profile(user, position) => {
                self.profiles.insert(user, position);
                position
            }
            Mark::AccountData(position) => {
                self.account_data = position;
                position
            }
            // What it is of is found by position: it only says that it is worth a look.
            Mark::Keys(position) => position,
            Mark::Typing(room) => {
                self.flickers.typing.insert(room);
                Position(0)
            }
            Mark::Presence(user) => {
                self.flickers.presence.insert(user);
                Position(0)
            }
            Mark::Renamed(user) => {
                self.flickers.renamed.insert(user);
                Position(0)
            }
        };
        self.up_to = self.up_to.max(position);
        if self.timelines.len() + self.reads.len() + self.profiles.len() > BOUND {
            self.forget(self.up_to);
        }
        if self.flickers.presence.len() + self.flickers.renamed.len() > BOUND {
            self.flickers = Flickers::default();
        }
    }

    /// What is not told up to a position will not be known here.
    pub(crate) fn forget(&mut self, up_to: Position) {
        let typing_until = std::mem::take(&mut self.typing_until);
        *self = Self {
            typing_until,
            ..Self::at(up_to.max(self.up_to))
        };
    }

    /// The session has been told of everything up to a position.
    pub(crate) fn told(&mut self, up_to: Position) {
        if up_to <= self.from {
            return;
        }
        self.from = up_to;
        self.timelines.retain(|_, position| *position > up_to);
        self.reads.retain(|_, position| *position > up_to);
        self.profiles.retain(|_, position| *position > up_to);
    }

    /// Whether what is new after a position is in here.
    pub(crate) fn reaches(&self, after: Position) -> bool {
        after >= self.from
    }

    /// What is new after a position, and what flickered, which is handed out once. Nothing if this begins only later.
    pub(crate) fn since(&mut self, after: Position) -> Option<Since> {
        if !self.reaches(after) {
            return None;
        }
        fn newer<K: Copy>(all: &BTreeMap<K, Position>, after: Position) -> Vec<K> {
            let newer = all.iter().filter(|(_, position)| **position > after);
            newer.map(|(key, _)| *key).collect()
        }
        Some(Since {
            up_to: self.up_to.max(after),
            timelines: newer(&self.timelines, after),
            reads: newer(&self.reads, after),
            profiles: newer(&self.profiles, after),
            account_data: self.account_data > after,
            flickers: self.flickers(),
        })
    }

    /// What flickered, which is handed out once.
    pub(crate) fn flickers(&mut self) -> Flickers {
        std::mem::take(&mut self.flickers)
    }

    /// Who was told to type in a room does so until then, or nobody does.
    pub(crate) fn types_until(&mut self, room: RoomId, until: Option<Timestamp>) {
        match until {
            Some(until) => self.typing_until.insert(room, until),
            None => self.typing_until.remove(&room),
        };
    }

    /// Rooms in which somebody's typing ends by itself are new when it does; when the next one is.
    pub(crate) fn typing_ends(&mut self, now: Timestamp) -> Option<Timestamp> {
        let flickers = &mut self.flickers;
        self.typing_until.retain(|room, until| {
            let goes_on = *until > now;
            if !goes_on {
                flickers.typing.insert(*room);
            }
            goes_on
        });
        self.typing_until.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn timelines(news: &mut News, after: u64) -> Option<(Vec<RoomId>, u64)> {
        let since = news.since(Position(after))?;
        Some((since.timelines, since.up_to.0))
    }

    #[test]
    fn a_change_is_told_until_the_token_shows_that_it_was() {
        let mut news = News::at(Position(10));
        assert_eq!(timelines(&mut news, 10), Some((vec![], 10)));
        assert_eq!(timelines(&mut news, 9), None, "before it began");
        news.note(Mark::Timeline(ROOM, Position(12)));
        assert_eq!(timelines(&mut news, 10), Some((vec![ROOM], 12)));
        assert_eq!(
            timelines(&mut news, 10),
            Some((vec![ROOM], 12)),
            "the reply was lost"
        );
        news.told(Position(12));
        assert_eq!(timelines(&mut news, 12), Some((vec![], 12)));
        assert_eq!(timelines(&mut news, 10), None, "told already");
        news.note(Mark::Timeline(ROOM, Position(15)));
        assert_eq!(timelines(&mut news, 12), Some((vec![ROOM], 15)));
        assert_eq!(
            timelines(&mut news, 20),
            Some((vec![], 20)),
            "the token is ahead of delivery"
        );
    }

    #[test]
    fn what_flickers_is_told_once() {
        let mut news = News::at(Position(1));
        news.note(Mark::Typing(ROOM));
        let told = |news: &mut News| news.since(Position(1)).unwrap().flickers.typing.len();
        assert_eq!((told(&mut news), told(&mut news)), (1, 0));
        news.types_until(ROOM, Some(Timestamp(100)));
        assert_eq!(news.typing_ends(Timestamp(99)), Some(Timestamp(100)));
        assert_eq!(told(&mut news), 0);
        assert_eq!(news.typing_ends(Timestamp(100)), None);
        assert_eq!((told(&mut news), told(&mut news)), (1, 0));
    }

    #[test]
    fn over_its_bound_it_is_forgotten() {
        let mut news = News::at(Position(0));
        for n in 1..=u32::try_from(BOUND).unwrap() + 1 {
            news.note(Mark::Timeline(RoomId(n), Position(n.into())));
        }
        let all = u64::try_from(BOUND).unwrap() + 1;
        assert_eq!(timelines(&mut news, 0), None);
        assert_eq!(timelines(&mut news, all), Some((vec![], all)));
    }
}
