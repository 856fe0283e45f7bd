//! NickServ: accounts, and logging in. What it understands.

mod acc;
mod cert;
mod drop;
mod ghost;
mod group;
mod identify;
mod info;
mod logout;
mod passwd;
mod register;
mod sessions;
mod set;

use polylogue_irc::Verb as Word;

use super::Service;

/// Accounts and nicks.
pub(crate) static NICKSERV: Service = Service {
    name: "NickServ",
    words: &[Word::Nickserv, Word::Ns],
    about: "NickServ keeps accounts. An account is a nick on IRC, and the same account on every other protocol.",
    verbs: &[
        identify::VERB,
        register::VERB,
        logout::VERB,
        passwd::VERB,
        set::VERB,
        info::VERB,
        acc::ACC,
        acc::STATUS,
        sessions::VERB,
        cert::VERB,
        group::GROUP,
        group::UNGROUP,
        ghost::GHOST,
        ghost::REGAIN,
        ghost::RELEASE,
        drop::VERB,
    ],
};
