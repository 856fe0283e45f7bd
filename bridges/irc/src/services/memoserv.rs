//! MemoServ: a memo is a message into the conversation of two, which waits for whoever is not here. What it understands.

mod list;
mod send;

use polylogue_irc::Verb as Word;

use super::Service;

/// Messages that wait.
pub(crate) static MEMOSERV: Service = Service {
    name: "MemoServ",
    words: &[Word::Memoserv, Word::Ms],
    about: "MemoServ leaves messages for accounts. They are private messages like all others: whoever is not here finds them when he comes, on every protocol.",
    verbs: &[send::VERB, list::VERB],
};
