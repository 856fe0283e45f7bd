//! The `[native]` table of the configuration: the numbers that this front-end keeps to. It reads no file and knows no other table.

use std::ops::RangeInclusive;

use polylogue_hub::Setting;
use serde::{Deserialize, Serialize};

/// What an operator may choose about the native protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Bytes of one frame that a client may send.
    pub frame_bytes: usize,
    /// Seconds from the connection to the first accepted request.
    pub hello_seconds: u64,
    /// Seconds of silence after which the server sends a ping.
    pub ping_seconds: u64,
    /// Seconds of silence after which the connection is closed. More than `ping_seconds`.
    pub timeout_seconds: u64,
    /// Requests of one connection that may wait for their answer at once; further frames are not read before.
    pub requests: usize,
    /// Events in one page of history.
    pub history_events: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            frame_bytes: 131_072,
            hello_seconds: 30,
            ping_seconds: 90,
            timeout_seconds: 150,
            requests: 64,
            history_events: 100,
        }
    }
}

impl Config {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems: Vec<_> = self
            .ranges()
            .into_iter()
            .filter_map(|setting| Setting::from(setting).problem())
            .collect();
        if self.timeout_seconds <= self.ping_seconds {
            problems.push((
                "timeout_seconds",
                format!(
                    "expected more than ping_seconds, which is {}",
                    self.ping_seconds
                ),
            ));
        }
        problems
    }

    /// Key, value, unit and range. A frame must hold an event of 65,536 bytes and its envelope; the upper ends are the protocol's.
    fn ranges(&self) -> [(&'static str, u64, &'static str, RangeInclusive<u64>); 6] {
        [
            (
                "frame_bytes",
                self.frame_bytes as u64,
                "bytes",
                73_728..=1_048_576,
            ),
            ("hello_seconds", self.hello_seconds, "seconds", 5..=600),
            ("ping_seconds", self.ping_seconds, "seconds", 10..=3600),
            (
                "timeout_seconds",
                self.timeout_seconds,
                "seconds",
                20..=7200,
            ),
            ("requests", self.requests as u64, "requests", 1..=1024),
            (
                "history_events",
                self.history_events as u64,
                "events",
                10..=polylogue_native::limits::HISTORY,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Config), expected: &[&str]) {
        let mut config = Config::default();
        change(&mut config);
        let keys: Vec<_> = config.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, expected);
    }

    #[test]
    fn values_that_cannot_work_are_named() {
        check(|_| {}, &[]);
        check(|config| config.frame_bytes = 65_536, &["frame_bytes"]);
        check(|config| config.requests = 0, &["requests"]);
        check(|config| config.history_events = 101, &["history_events"]);
        check(|config| config.timeout_seconds = 60, &["timeout_seconds"]);
    }
}
