//! Aliases: the nicks of guests who went on as accounts. While the connection lasts that brought such a nick along, it still leads to its user,
//! and no other guest takes it.

use imbl::OrdMap;

use crate::ids::{SessionId, UserId};
use crate::name::{AccountName, NameKey};

/// A nick that leads to somebody who goes by another one now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The connection that brought it along.
    pub session: SessionId,
    /// Whom it leads to.
    pub user: UserId,
    /// The name.
    pub name: AccountName,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    by_name: OrdMap<NameKey, Alias>,
    by_session: OrdMap<SessionId, NameKey>,
}

impl Aliases {
    /// Keeps the nick that a connection brings along.
    pub(crate) fn keep(&mut self, alias: Alias) {
        let key = NameKey::account(alias.name.nick());
        self.by_session.insert(alias.session, key.clone());
        self.by_name.insert(key, alias);
    }

    /// The connection ended, or is somebody else's.
    pub(crate) fn forget(&mut self, session: SessionId) {
        if let Some(key) = self.by_session.remove(&session) {
            self.by_name.remove(&key);
        }
    }

    /// What a connection brought along.
    #[must_use]
    pub fn of(&self, session: SessionId) -> Option<&Alias> {
        self.by_name.get(self.by_session.get(&session)?)
    }

    /// Whom a nick leads to. Exact but for case.
    #[must_use]
    pub fn named(&self, nick: &str) -> Option<&Alias> {
        let alias = self.by_name.get(&NameKey::account(nick))?;
        (alias.name.nick().eq_ignore_ascii_case(nick)).then_some(alias)
    }

    /// Whether a name, or one that looks like it, leads to somebody.
    #[must_use]
    pub fn holds(&self, key: &NameKey) -> bool {
        self.by_name.contains_key(key)
    }
}
