//! ChanServ: channels are rooms. Owning one is the highest power level in it, an access list is its power levels, and an AKICK its bans: what is
//! set here shows on every protocol. What it understands.

mod access;
mod akick;
mod clear;
mod drop;
mod flags;
mod founder;
mod info;
mod invite;
mod level;
mod prefix;
mod quiet;
mod register;
mod set;
mod successor;
mod topic;
mod unban;

use polylogue_core::{Room, UserId};
use polylogue_irc::Verb as Word;

use super::{Call, Service};
use crate::names;

/// Channels.
pub(crate) static CHANSERV: Service = Service {
    name: "ChanServ",
    words: &[Word::Chanserv, Word::Cs],
    about: "ChanServ keeps channels. A channel is a room on every protocol; what is set here holds on all of them.",
    verbs: &[
        register::VERB,
        info::VERB,
        prefix::OP,
        prefix::DEOP,
        prefix::HALFOP,
        prefix::DEHALFOP,
        prefix::VOICE,
        prefix::DEVOICE,
        prefix::PROTECT,
        prefix::DEPROTECT,
        flags::VERB,
        access::VERB,
        akick::VERB,
        quiet::QUIET,
        quiet::UNQUIET,
        invite::VERB,
        unban::VERB,
        topic::VERB,
        clear::VERB,
        set::VERB,
        founder::VERB,
        successor::VERB,
        drop::VERB,
    ],
};

/// A channel and its room.
struct Channel {
    name: String,
    room: Room,
}

/// The channel that comes next, or the answer that there is none. Outsiders hear the same of one that is hidden.
async fn channel(call: &mut Call<'_>) -> Option<Channel> {
    let name = call.required()?;
    let id = names::room_named(&call.client.world(), name);
    let room = match id {
        Some(id) => call.client.irc.hub.room(id).await.ok(),
        None => None,
    };
    let me = call.me();
    let room = room.filter(|room| knows_of(room, me));
    match room {
        Some(room) => Some(Channel {
            name: name.to_owned(),
            room,
        }),
        None => {
            call.say(&format!("{name} is not registered"));
            None
        }
    }
}

fn knows_of(room: &Room, user: UserId) -> bool {
    room.state.listed || room.state.membership(user).is_some() || room.state.level(user) > 0
}
