//! Counts connections per address and lets no more in than the limits allow. It knows neither sockets nor the clock: addresses and times are arguments.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::{Limits, Network};

/// How many times the share of a /64 a whole IPv6 /48 has: it is the usual size of one customer's network (RFC 6177).
const SHARE_OF_SITE: u64 = 8;
/// Below this many counted networks nothing is swept.
const SWEEP_FROM: usize = 1024;

/// The door of all listeners together.
pub struct Admission {
    limits: Limits,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    open: u64,
    networks: HashMap<Network, Count>,
    /// Networks at which the next sweep of the idle ones is due.
    sweep_at: usize,
}

/// What one network uses.
struct Count {
    open: u64,
    /// When its allowance of new connections is whole again (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
    whole_at: Instant,
}

/// Why a connection was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    /// The server holds as many connections as it may.
    #[error("the server is full")]
    Full,
    /// The address holds as many connections as it may.
    #[error("too many open connections from this address")]
    TooMany,
    /// The address connects too often.
    #[error("too many new connections from this address")]
    TooOften,
}

/// A connection's place; it is free again when dropped.
pub struct Place {
    admission: Arc<Admission>,
    networks: Networks,
}

/// The networks that an address counts for, each with its share.
type Networks = [Option<(Network, u64)>; 2];

fn networks(address: IpAddr) -> Networks {
    match address.to_canonical() {
        IpAddr::V4(_) => [Some((Network::around(address, 32), 1)), None],
        IpAddr::V6(_) => [
            Some((Network::around(address, 64), 1)),
            Some((Network::around(address, 48), SHARE_OF_SITE)),
        ],
    }
}

impl Admission {
    /// A door with nobody inside.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            counts: Mutex::default(),
        })
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// When a limit is reached. A refusal uses up nothing.
    pub fn enter(self: &Arc<Self>, address: IpAddr, now: Instant) -> Result<Place, TurnedAway> {
        let networks = networks(address);
        let mut counts = self.lock();
        if counts.open >= self.limits.connections {
            return Err(TurnedAway::Full);
        }
        for (network, share) in networks.iter().flatten() {
            if let Some(count) = counts.networks.get(network) {
                self.allows(count, *share, now)?;
            }
        }
        counts.sweep(now);
        counts.open += 1;
        for (network, share) in networks.into_iter().flatten() {
            let count = counts.networks.entry(network).or_insert(Count {
                open: 0,
                whole_at: now,
            });
            count.open += 1;
            count.whole_at = count.whole_at.max(now) + self.cost(share);
        }
        Ok(Place {
            admission: Arc::clone(self),
            networks,
        })
    }

    /// Lets in a connection that a trusted proxy makes for itself, such as a health check: it counts for the server, not for the proxy's address.
    ///
    /// # Errors
    /// When the server is full.
    pub fn enter_trusted(self: &Arc<Self>) -> Result<Place, TurnedAway> {
        let mut counts = self.lock();
        if counts.open >= self.limits.connections {
            return Err(TurnedAway::Full);
        }
        counts.open += 1;
        Ok(Place {
            admission: Arc::clone(self),
            networks: [None, None],
        })
    }

    fn allows(&self, count: &Count, share: u64, now: Instant) -> Result<(), TurnedAway> {
        if count.open >= self.limits.connections_per_address.saturating_mul(share) {
            return Err(TurnedAway::TooMany);
        }
        if count.whole_at.saturating_duration_since(now) + self.cost(share) > self.window() {
            return Err(TurnedAway::TooOften);
        }
        Ok(())
    }

    fn window(&self) -> Duration {
        Duration::from_secs(self.limits.connection_window_seconds)
    }

    /// How much of the window one connection uses up.
    fn cost(&self, share: u64) -> Duration {
        let connections = self.limits.connections_per_window.saturating_mul(share);
        Duration::from_nanos(
            u64::try_from(self.window().as_nanos())
                .unwrap_or(u64::MAX)
                .checked_div(connections)
                .unwrap_or(u64::MAX),
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        // The counts are whole between any two statements that could panic.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Forgets networks without connections and with their whole allowance, whenever their number has doubled: memory stays bounded by what is in use.
    fn sweep(&mut self, now: Instant) {
        if self.networks.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.networks
                .retain(|_, count| count.open > 0 || count.whole_at > now);
            self.sweep_at = self.networks.len() * 2;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        counts.open = counts.open.saturating_sub(1);
        for (network, _) in self.networks.iter().flatten() {
            if let Some(count) = counts.networks.get_mut(network) {
                count.open = count.open.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A door as configured by default.
    fn door() -> Arc<Admission> {
        Admission::new(Limits::default())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_sixteen_places() {
        let (door, now) = (door(), Instant::now());
        let mut places: Vec<_> = (0..16)
            .map(|_| door.enter(ip("192.0.2.1"), now).unwrap())
            .collect();
        assert_eq!(
            door.enter(ip("192.0.2.1"), now).err(),
            Some(TurnedAway::TooMany)
        );
        assert_eq!(
            door.enter(ip("::ffff:192.0.2.1"), now).err(),
            Some(TurnedAway::TooMany)
        );
        assert!(door.enter(ip("192.0.2.2"), now).is_ok());
        places.pop();
        assert!(door.enter(ip("192.0.2.1"), now).is_ok());
    }

    #[test]
    fn thirty_two_new_connections_in_ten_minutes() {
        let (door, now) = (door(), Instant::now());
        for _ in 0..32 {
            assert!(door.enter(ip("192.0.2.1"), now).is_ok());
        }
        assert_eq!(
            door.enter(ip("192.0.2.1"), now).err(),
            Some(TurnedAway::TooOften)
        );
        assert_eq!(
            door.enter(ip("192.0.2.1"), now + Duration::from_secs(18))
                .err(),
            Some(TurnedAway::TooOften)
        );
        // 600 s / 32: the next place is free after 18.75 s, and only one.
        let later = now + Duration::from_secs(19);
        assert!(door.enter(ip("192.0.2.1"), later).is_ok());
        assert_eq!(
            door.enter(ip("192.0.2.1"), later).err(),
            Some(TurnedAway::TooOften)
        );
        assert!(
            door.enter(ip("192.0.2.1"), now + Duration::from_secs(700))
                .is_ok()
        );
    }

    #[test]
    fn an_ipv6_host_counts_as_its_network() {
        let (door, now) = (door(), Instant::now());
        let _places: Vec<_> = (0..16)
            .map(|host| door.enter(ip(&format!("2001:db8::{host}")), now).unwrap())
            .collect();
        assert_eq!(
            door.enter(ip("2001:db8::ffff"), now).err(),
            Some(TurnedAway::TooMany)
        );
        assert!(door.enter(ip("2001:db8:0:1::1"), now).is_ok());
    }

    #[test]
    fn an_ipv6_site_has_eight_shares() {
        let (door, now) = (door(), Instant::now());
        let places: Vec<_> = (0..128)
            .map(|subnet| {
                door.enter(ip(&format!("2001:db8:0:{subnet:x}::1")), now)
                    .unwrap()
            })
            .collect();
        assert_eq!(
            door.enter(ip("2001:db8:0:ffff::1"), now).err(),
            Some(TurnedAway::TooMany)
        );
        assert!(door.enter(ip("2001:db8:1::1"), now).is_ok());
        drop(places);
        assert!(door.enter(ip("2001:db8:0:ffff::1"), now).is_ok());
    }

    #[test]
    fn a_full_server_takes_nobody() {
        let door = Admission::new(Limits {
            connections: 1,
            ..Limits::default()
        });
        let place = door.enter(ip("192.0.2.1"), Instant::now()).unwrap();
        assert_eq!(
            door.enter(ip("192.0.2.2"), Instant::now()).err(),
            Some(TurnedAway::Full)
        );
        drop(place);
        assert!(door.enter(ip("192.0.2.2"), Instant::now()).is_ok());
    }

    #[test]
    fn a_development_server_counts_nothing_per_address() {
        let (door, now) = (Admission::new(Limits::unthrottled()), Instant::now());
        let places: Vec<_> = (0..10_000)
            .map(|_| door.enter(ip("127.0.0.1"), now))
            .collect();
        assert!(places.iter().all(Result::is_ok));
    }

    #[test]
    fn networks_that_left_are_forgotten() {
        let (door, now) = (door(), Instant::now());
        for host in 0..100_000_u32 {
            let address = std::net::Ipv4Addr::from_bits(host).into();
            drop(
                door.enter(address, now + Duration::from_secs(u64::from(host)))
                    .unwrap(),
            );
        }
        assert!(door.lock().networks.len() <= 2 * SWEEP_FROM);
    }
}
