//! `*playback`: history for clients that know bouncers and not CHATHISTORY (the vendor extension znc.in/playback). It reads the same log through
//! the same gate.

mod list;
mod play;

use super::Service;

/// What was said before.
pub(crate) static PLAYBACK: Service = Service {
    name: "*playback",
    words: &[],
    about: "*playback shows what was said before, for clients with the capability znc.in/playback. CHATHISTORY does more.",
    verbs: &[play::VERB, list::VERB],
};
