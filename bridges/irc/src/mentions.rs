//! Whom a line addresses: IRC has no other form for it than the nick. Matrix clients are told, and highlight nothing else.

use std::sync::Arc;

use polylogue_core::state::World;
use polylogue_core::{RoomId, UserId, limits};
use polylogue_richtext::{Place, Word, strip, words};

use crate::client::Client;

/// Users that one line can address.
const MOST: usize = 10;
/// Bytes of a nick that counts anywhere in a line: shorter ones are words too often.
const SHORTEST: usize = 4;
/// Words that are said more often than anybody is called so. They count where a name is meant.
const COMMON: [&str; 40] = [
    "about", "after", "also", "back", "been", "bill", "come", "does", "from", "good", "grace",
    "have", "here", "hope", "just", "know", "like", "make", "mark", "more", "much", "need", "only",
    "over", "some", "that", "their", "then", "there", "they", "this", "time", "very", "want",
    "well", "what", "when", "will", "with", "your",
];

/// The members of a room who are named: first in the line before a colon or comma, or behind an at sign; elsewhere only by a nick that is written
/// exactly so and is no common word.
pub(crate) fn of((client, world): (&Client, &World), room: RoomId, text: &str) -> Arc<[UserId]> {
    let Some(room) = world.state.room(room) else {
        return Arc::default();
    };
    let me = client.session.as_ref().map(polylogue_hub::Session::user);
    let plain = strip(text);
    let mut found: Vec<UserId> = Vec::new();
    for word in words(&plain).filter(may_be_a_name) {
        let user = world.user_named(word.text).filter(|user| {
            Some(*user) != me && room.state.is_joined(*user) && !found.contains(user)
        });
        let is_called = |user: &UserId| match word.place {
            Place::Leading | Place::At => true,
            Place::Elsewhere => {
                let name = world.name_of(*user);
                name.is_some_and(|name| **name.nick() == *word.text) && !COMMON.contains(&word.text)
            }
        };
        found.extend(user.filter(is_called));
        if found.len() == MOST {
            break;
        }
    }
    found.into()
}

fn may_be_a_name(word: &Word<'_>) -> bool {
    match word.place {
        Place::Leading | Place::At => true,
        // RFC 2812 section 2.3.1: no nick begins with a digit.
        Place::Elsewhere => {
            (SHORTEST..=limits::NICK).contains(&word.text.len())
                && !word.text.starts_with(|c: char| c.is_ascii_digit())
        }
    }
}
