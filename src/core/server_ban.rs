//! Who may not use the server at all: users by mask, and networks. Such a ban binds every front-end, and is over when its time is, whatever
//! became of its timer.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::Presentation;
use crate::ids::{Timestamp, UserId};
use crate::live::LiveSession;
use crate::mask::Identity;
use crate::network::Network;
use crate::refusal::Refusal;
use crate::state::World;

/// Bits that a banned IPv4 network must share at least.
const NARROWEST_V4: u8 = 16;
/// Bits that a banned IPv6 network must share at least.
const NARROWEST_V6: u8 = 32;

/// Whom a ban means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BanTarget {
    /// Users whom a mask means, in lower case.
    Mask(Arc<str>),
    /// Everybody who comes from there.
    Network(Network),
}

impl BanTarget {
    /// A mask; case does not matter in it.
    #[must_use]
    pub fn mask(text: &str) -> Self {
        Self::Mask(text.to_ascii_lowercase().into())
    }

    /// What a ban on an address is on: the address, or the /64 that IPv6 gives to one customer.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self::Network(Network::around(
            address,
            if address.to_canonical().is_ipv4() {
                32
            } else {
                64
            },
        ))
    }

    /// Refuses what would shut out too many: wide networks, and this machine.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Mask(mask) if mask.is_empty() || mask.len() > crate::limits::STATE_KEY => {
                Err(Refusal::Invalid { what: "mask" })
            }
            Self::Mask(_) => Ok(()),
            Self::Network(network) => {
                let narrow = match network.address() {
                    IpAddr::V4(_) => network.prefix() >= NARROWEST_V4,
                    IpAddr::V6(_) => network.prefix() >= NARROWEST_V6,
                };
                if !narrow {
                    return Err(Refusal::Invalid {
                        what: "a ban of more than a /16 (IPv6: a /32)",
                    });
                }
                if network.address().is_loopback() || network.address().is_unspecified() {
                    return Err(Refusal::Invalid {
                        what: "a ban of this machine",
                    });
                }
                Ok(())
            }
        }
    }

    fn means(&self, (identity, address): (&Identity, Option<IpAddr>)) -> bool {
        match self {
            Self::Mask(mask) => identity.matches(mask),
            Self::Network(network) => address.is_some_and(|address| network.contains(address)),
        }
    }
}

impl std::fmt::Display for BanTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mask(mask) => f.write_str(mask),
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// What there is to know of a ban.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerBan {
    /// The operator who set it.
    pub by: Arc<str>,
    /// What those are told whom it means.
    pub reason: Arc<str>,
    /// When it was set.
    pub at: Timestamp,
    /// Until when it holds; for good without.
    pub until: Option<Timestamp>,
}

impl ServerBan {
    /// Whether its time is not over.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn refusal(&self) -> Refusal {
        Refusal::ServerBanned {
            reason: self.reason.clone(),
        }
    }
}

impl World {
    /// The bans in force.
    pub fn server_bans(&self, now: Timestamp) -> impl Iterator<Item = (&BanTarget, &ServerBan)> {
        let bans = self.state.server_bans.iter();
        bans.filter(move |(_, ban)| ban.holds(now))
    }

    /// Whether somebody may use the server, as masks see him and from where he comes.
    ///
    /// # Errors
    /// [`Refusal::ServerBanned`].
    pub fn may_enter(
        &self,
        who: (&Identity, Option<IpAddr>),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let ban = self
            .server_bans(now)
            .find(|(target, _)| target.means(who))
            .map(|(_, ban)| ban);
        ban.map_or(Ok(()), |ban| Err(ban.refusal()))
    }

    /// The same of an account, wherever it comes from.
    ///
    /// # Errors
    /// [`Refusal::ServerBanned`].
    pub fn may_use(&self, user: UserId, now: Timestamp) -> Result<(), Refusal> {
        if self.state.server_bans.is_empty() {
            return Ok(());
        }
        self.may_enter((&Identity::of(self, user), None), now)
    }

    /// The same of an address, whoever comes from there.
    ///
    /// # Errors
    /// [`Refusal::ServerBanned`].
    pub fn may_come_from(&self, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        let ban = self.server_bans(now).find(|(target, _)| match target {
            BanTarget::Network(network) => network.contains(address),
            BanTarget::Mask(_) => false,
        });
        ban.map_or(Ok(()), |(_, ban)| Err(ban.refusal()))
    }

    /// Whether a ban means a session.
    pub(crate) fn is_meant(&self, target: &BanTarget, session: &LiveSession) -> bool {
        let name = self.name_of(session.user).map_or("*", |name| name.nick());
        let identity = self.seen_as((name, self.is_account(session.user)), &session.presentation);
        target.means((&identity, session.address))
    }

    /// Somebody as masks see him who comes, or is here, under this nick, with an account or without.
    pub(crate) fn seen_as(
        &self,
        (nick, has_account): (&str, bool),
        presentation: &Presentation,
    ) -> Identity {
        let user = self.user_named(nick).filter(|_| has_account);
        Identity {
            source: format!("{nick}!{}@{}", presentation.username, presentation.host),
            account: has_account.then(|| nick.to_owned()),
            real_name: presentation.real_name.to_string(),
            channels: user.map_or_else(Vec::new, |user| Identity::of(self, user).channels),
        }
    }
}
