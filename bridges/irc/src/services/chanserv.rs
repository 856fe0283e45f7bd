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
mod kick;
mod level;
mod prefix;
mod quiet;
mod register;
mod set;
mod status;
mod successor;
mod topic;
mod unban;

use polylogue_core::room::Membership;
use polylogue_core::{Refusal, Room, RoomState, UserId};
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
        kick::VERB,
        status::VERB,
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
    let room = room.filter(|room| room.state.is_known_to(me));
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

/// Whether somebody may read who may do what in a channel and who is kept out of it: whoever reads the rest of its state, and those on its
/// access list who are not in it just now.
fn reads_lists(room: &RoomState, user: UserId) -> bool {
    let is_on_it = room.level(user) > room.power.users_default;
    let is_banned = room.membership(user) == Some(Membership::Ban);
    room.is_readable_by(user) || (is_on_it && !is_banned)
}

/// The same; told if not.
fn may_read_lists(call: &mut Call<'_>, channel: &Channel) -> bool {
    let may = reads_lists(&channel.room.state, call.me());
    if !may {
        call.refused(&Refusal::NotJoined);
    }
    may
}
