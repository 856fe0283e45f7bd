//! Who had which nick: what `WHOWAS` tells. Kept in memory only, and no address is in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use polylogue_core::state::World;
use polylogue_core::{Timestamp, UserId};

use crate::client::Client;
use crate::names::Name;
use crate::render::member;

/// Nicks that are remembered.
const MOST: usize = 1_000;

/// Somebody who had a nick.
#[derive(Debug, Clone)]
pub(crate) struct Was {
    pub(crate) nick: Box<str>,
    pub(crate) username: Box<str>,
    pub(crate) host: Box<str>,
    pub(crate) real_name: Arc<str>,
    /// Until when.
    pub(crate) until: Timestamp,
}

/// Nicks given up lately, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Former {
    all: Mutex<VecDeque<Was>>,
}

impl Former {
    fn add(&self, was: Was) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.truncate(MOST - 1);
        all.push_front(was);
    }

    /// Who had a nick, the latest first.
    pub(crate) fn of(&self, nick: &str, most: usize) -> Vec<Was> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter(|was| was.nick.eq_ignore_ascii_case(nick))
            .take(most)
            .cloned()
            .collect()
    }
}

/// Somebody as he is now, for when he is no more.
pub(crate) fn portrait(client: &Client, user: UserId) -> Option<Was> {
    portrait_in(client, &client.world(), user)
}

/// The same as he was.
pub(crate) fn portrait_in(client: &Client, world: &World, user: UserId) -> Option<Was> {
    // A guest whom somebody else ended is gone by now: who did it has his portrait.
    if !world.is_account(user) && !world.live.guests.contains_key(&user) {
        return None;
    }
    let name = Name::of((world, world), user)?;
    Some(Was {
        nick: name.nick.into(),
        username: name.username.into(),
        host: name.host.into(),
        real_name: member::real_name(&client.scene(world), user).into(),
        until: crate::registration::now(),
    })
}

impl Client {
    /// Remembers a nick that is given up.
    pub(crate) fn was(&self, was: Option<Was>) {
        if let Some(was) = was {
            self.irc.former.add(was);
        }
    }

    /// Remembers who this client is: its connection ends.
    pub(crate) fn leaves_its_nick(&self) {
        if let Some(session) = &self.session {
            self.was(portrait(self, session.user()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_come_first_and_the_oldest_go() {
        let former = Former::default();
        for number in 0..MOST + 2 {
            former.add(Was {
                nick: format!("n{}", number % 2).into(),
                username: format!("u{number}").into(),
                host: "h".into(),
                real_name: "".into(),
                until: Timestamp(0),
            });
        }
        let users = |nick: &str, most| -> Vec<String> {
            let all = former.of(nick, most);
            all.iter().map(|was| was.username.to_string()).collect()
        };
        assert_eq!(users("N0", 2), ["u1000", "u998"]);
        assert_eq!(users("n1", usize::MAX).len(), MOST / 2);
        assert_eq!(users("n1", usize::MAX).last().unwrap(), "u3");
        assert_eq!(users("other", 5), Vec::<String>::new());
    }
}
