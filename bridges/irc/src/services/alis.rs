//! ALIS: the directory of channels, searched. What it understands.

mod list;

use super::Service;

/// The directory.
pub(crate) static ALIS: Service = Service {
    name: "ALIS",
    words: &[polylogue_irc::Verb::Alis],
    about: "ALIS searches the directory of channels, which all protocols share.",
    verbs: &[list::VERB],
};
