//! The `[limits]` table: every bound that an operator may choose and that belongs to no single protocol. It holds numbers and enforces none.

use std::ops::RangeInclusive;

use polylogue_hub::Setting;
use serde::{Deserialize, Serialize};

/// Bounds on what clients may do. Each key ends in its unit where it is not a plain count.
///
/// "Address" stands for an IPv4 address or an IPv6 /64; each IPv6 /48 has eight times as much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open connections in all.
    pub connections: u64,
    /// Open connections of one address.
    pub connections_per_address: u64,
    /// New connections of one address within `connection_window_seconds`.
    pub connections_per_window: u64,
    /// The window of `connections_per_window`.
    pub connection_window_seconds: u64,
    /// Time for a TLS handshake.
    pub tls_handshake_seconds: u64,
    /// Time for the header of the PROXY protocol to arrive.
    pub proxy_header_seconds: u64,
    /// Messages that an account may send at once, over all its sessions. A message costs 1, and 1 more for each 2,048 bytes, at most 8.
    pub message_burst: u64,
    /// Messages per second that an account may send on and on.
    pub messages_per_second: u64,
    /// Wrong passwords for one account from one address within `login_window_seconds`.
    pub login_failures: u64,
    /// The window of `login_failures`.
    pub login_window_seconds: u64,
    /// Wrong passwords from one address in a day.
    pub login_failures_per_day: u64,
    /// Password hashes computed at once; each takes 19 MiB of memory.
    pub password_hashes: u64,
    /// Accounts registered from one address in an hour.
    pub registrations_per_hour: u64,
    /// Bytes of one event as canonical JSON.
    pub event_bytes: u64,
    /// For how long a guest of IRC whose connection ended stays in his rooms, as Matrix clients and programs see it: who comes back under the
    /// same nick from the same address within that time was never away.
    pub guest_absence_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            connections_per_address: 16,
            connections_per_window: 32,
            connection_window_seconds: 600,
            tls_handshake_seconds: 10,
            proxy_header_seconds: 5,
            message_burst: 10,
            messages_per_second: 2,
            login_failures: 10,
            login_window_seconds: 600,
            login_failures_per_day: 50,
            password_hashes: 2,
            registrations_per_hour: 3,
            event_bytes: 65_536,
            guest_absence_seconds: 600,
        }
    }
}

impl Limits {
    /// For development: nothing is counted per address or account, and guests who are gone soon leave their rooms. Time limits, memory and
    /// event size stay.
    #[must_use]
    pub fn unthrottled() -> Self {
        Self {
            connections: u64::from(u32::MAX),
            connections_per_address: u64::from(u32::MAX),
            connections_per_window: u64::from(u32::MAX),
            message_burst: u64::from(u32::MAX),
            messages_per_second: u64::from(u32::MAX),
            login_failures: u64::from(u32::MAX),
            login_failures_per_day: u64::from(u32::MAX),
            registrations_per_hour: u64::from(u32::MAX),
            guest_absence_seconds: 5,
            ..Self::default()
        }
    }

    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        self.ranges()
            .into_iter()
            .filter_map(|setting| Setting::from(setting).problem())
            .collect()
    }

    /// Key, value, unit and range. The upper end of `event_bytes` is Matrix's (client-server API, "Size limits").
    fn ranges(&self) -> [(&'static str, u64, &'static str, RangeInclusive<u64>); 15] {
        [
            (
                "connections",
                self.connections,
                "connections",
                1..=10_000_000,
            ),
            (
                "connections_per_address",
                self.connections_per_address,
                "connections",
                1..=10_000_000,
            ),
            (
                "connections_per_window",
                self.connections_per_window,
                "connections",
                1..=10_000_000,
            ),
            (
                "connection_window_seconds",
                self.connection_window_seconds,
                "seconds",
                1..=86_400,
            ),
            (
                "tls_handshake_seconds",
                self.tls_handshake_seconds,
                "seconds",
                1..=60,
            ),
            (
                "proxy_header_seconds",
                self.proxy_header_seconds,
                "seconds",
                1..=60,
            ),
            (
                "message_burst",
                self.message_burst,
                "messages",
                8..=1_000_000,
            ),
            (
                "messages_per_second",
                self.messages_per_second,
                "messages per second",
                1..=1_000_000,
            ),
            ("login_failures", self.login_failures, "failures", 1..=1000),
            (
                "login_window_seconds",
                self.login_window_seconds,
                "seconds",
                1..=86_400,
            ),
            (
                "login_failures_per_day",
                self.login_failures_per_day,
                "failures",
                1..=100_000,
            ),
            ("password_hashes", self.password_hashes, "hashes", 1..=64),
            (
                "registrations_per_hour",
                self.registrations_per_hour,
                "accounts",
                1..=10_000,
            ),
            ("event_bytes", self.event_bytes, "bytes", 8192..=65_536),
            (
                "guest_absence_seconds",
                self.guest_absence_seconds,
                "seconds",
                0..=86_400,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_within_the_ranges() {
        assert_eq!(Limits::default().problems(), []);
    }

    #[test]
    fn a_burst_must_hold_the_dearest_message() {
        let limits = Limits {
            message_burst: 7,
            ..Limits::default()
        };
        assert_eq!(
            limits.problems(),
            [(
                "message_burst",
                "expected a number of messages from 8 to 1000000".to_owned()
            )]
        );
    }
}
