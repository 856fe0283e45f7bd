//! A block of addresses such as `192.0.2.0/24`, as bans, lists of trusted sources and limits per address need it. It does no look-ups.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Addresses that share their first `prefix` bits. IPv4-mapped IPv6 addresses count as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The block of `prefix` bits around an address; a prefix longer than the address is the address alone.
    #[must_use]
    pub fn around(address: IpAddr, prefix: u8) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let prefix = prefix.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                Self {
                    address: Ipv4Addr::from_bits(address.to_bits() & mask).into(),
                    prefix,
                }
            }
            IpAddr::V6(address) => {
                let prefix = prefix.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                Self {
                    address: Ipv6Addr::from_bits(address.to_bits() & mask).into(),
                    prefix,
                }
            }
        }
    }

    /// The first address of the block.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The bits that its addresses share.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether some address lies in both blocks.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }

    /// Whether an address lies in the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && Self::around(address, self.prefix) == *self
    }
}

/// What a block of addresses looks like.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "expected an IP address or a block such as 192.0.2.0/24 or 2001:db8::/32, without bits set behind the prefix"
)]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|prefix| *prefix <= bits)
                .ok_or(NotANetwork)?,
            None => bits,
        };
        let network = Self::around(address, prefix);
        (network.address == address)
            .then_some(network)
            .ok_or(NotANetwork)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, expected: bool) {
        let parsed: Network = network.parse().unwrap();
        assert_eq!(
            parsed.contains(address.parse().unwrap()),
            expected,
            "{address} in {network}"
        );
    }

    #[test]
    fn blocks_hold_their_addresses_only() {
        check("192.0.2.0/24", "192.0.2.255", true);
        check("192.0.2.0/24", "192.0.3.0", false);
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.2", false);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
        check("::/0", "203.0.113.9", false);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("192.0.2.0/24", "::ffff:192.0.2.7", true);
    }

    #[test]
    fn blocks_meet_if_one_holds_the_other() {
        let check = |one: &str, other: &str, expected: bool| {
            let (one, other): (Network, Network) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(one.meets(&other), expected, "{one} {other}");
            assert_eq!(other.meets(&one), expected, "{other} {one}");
        };
        check("192.0.2.0/24", "192.0.2.7", true);
        check("192.0.0.0/16", "192.0.2.0/24", true);
        check("192.0.2.0/25", "192.0.2.128/25", false);
        check("0.0.0.0/0", "::/0", false);
    }

    #[test]
    fn what_is_not_a_block_is_refused() {
        for text in [
            "",
            "localhost",
            "192.0.2.0/33",
            "192.0.2.1/24",
            "::/129",
            "192.0.2.0/",
            "192.0.2.0/-1",
            "::ffff:192.0.2.0/120",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
    }
}
