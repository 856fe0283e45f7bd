//! The `[irc]` table of the configuration: the numbers that this front-end announces and keeps to. It reads no file and knows no other table.

use std::ops::RangeInclusive;

use polylogue_hub::Setting;
use polylogue_irc::encoding::Encoding;
use polylogue_irc::tag_deny::TagDeny;
use serde::{Deserialize, Serialize};

/// What an operator may choose about IRC. Lengths are in bytes, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key that operators switch by itself"
)]
pub struct Config {
    /// The network's name (`NETWORK` in RPL_ISUPPORT), one word.
    pub network: String,
    /// The server's name in its lines, one word; empty for the server's own.
    pub server_name: String,
    /// The address of a picture of the network (`draft/ICON` in RPL_ISUPPORT), for clients that show one; empty for none.
    pub icon: String,
    /// How people reach whoever runs the server, as `ADMIN` tells; empty for nothing.
    pub contact: String,
    /// The hash of the password that guests give with `PASS`, as `polylogue hash-password` prints it; empty if they need none.
    pub password_hash: String,
    /// Bytes of a nick (`NICKLEN`).
    pub nick_length: usize,
    /// Bytes of a channel name (`CHANNELLEN`).
    pub channel_length: usize,
    /// Bytes of a topic (`TOPICLEN`).
    pub topic_length: usize,
    /// Bytes of a kick reason (`KICKLEN`).
    pub kick_length: usize,
    /// Bytes of an away message (`AWAYLEN`).
    pub away_length: usize,
    /// Channels that one account may be in (`CHANLIMIT`).
    pub channels: usize,
    /// Targets of one PRIVMSG, NOTICE or TAGMSG (`TARGMAX`).
    pub targets: usize,
    /// Seconds from the connection to the end of registration.
    pub registration_seconds: u64,
    /// Where IRC over WebSocket begins on the HTTP listeners.
    pub websocket_path: String,
    /// Whether an account may be made (`REGISTER`) before the connection is registered; where accounts may be made at all.
    pub register_before_connect: bool,
    /// Whether accounts may log in with SCRAM-SHA-256, those that ask for it with `NS SET SCRAM ON`.
    pub scram: bool,
    /// Seconds for which clients that came over TLS are told to come over nothing else (IRCv3 sts); 0 tells them nothing.
    pub sts_seconds: u64,
    /// Whether `REGISTER` asks for an address for mail, which is kept in the account's data; nothing is sent to it.
    pub register_needs_address: bool,
    /// Client-only tags that are not relayed (`CLIENTTAGDENY`): their names without `+`, `*` for all, `-` and a name for one that `*` does
    /// not mean.
    pub denied_tags: Vec<String>,
    /// Whether lines that are not UTF-8 are taken for Windows-1252, the Latin-1 of old clients; otherwise they are refused.
    pub latin1: bool,
    /// Seconds of silence after which the server sends PING.
    pub ping_seconds: u64,
    /// Seconds of silence after which the connection is closed. More than `ping_seconds`.
    pub timeout_seconds: u64,
    /// Messages in one CHATHISTORY answer (`CHATHISTORY`).
    pub history_messages: usize,
    /// Lines that a long message from another protocol may take here before it ends in "more".
    pub message_lines: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            network: "Polylogue".to_owned(),
            server_name: String::new(),
            icon: String::new(),
            contact: String::new(),
            password_hash: String::new(),
            nick_length: 31,
            channel_length: 64,
            topic_length: 390,
            kick_length: 390,
            away_length: 300,
            channels: 100,
            targets: 4,
            registration_seconds: 30,
            websocket_path: "/irc".to_owned(),
            register_before_connect: true,
            scram: false,
            sts_seconds: 2_592_000,
            register_needs_address: false,
            denied_tags: Vec::new(),
            latin1: false,
            ping_seconds: 90,
            timeout_seconds: 150,
            history_messages: 1000,
            message_lines: 8,
        }
    }
}

impl Config {
    /// The tags that are not relayed. A list that cannot be read denies nothing: [`Config::problems`] names it.
    #[must_use]
    pub fn tag_deny(&self) -> TagDeny {
        TagDeny::new(self.denied_tags.iter().map(String::as_str)).unwrap_or_default()
    }

    /// What lines are taken for.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        match self.latin1 {
            true => Encoding::Windows1252,
            false => Encoding::Utf8,
        }
    }

    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems: Vec<_> = self
            .ranges()
            .into_iter()
            .filter_map(|setting| Setting::from(setting).problem())
            .collect();
        if self.network.is_empty()
            || self.network.len() > 32
            || !self.network.bytes().all(|byte| byte.is_ascii_graphic())
        {
            problems.push((
                "network",
                "expected one word of at most 32 printable ASCII characters".to_owned(),
            ));
        }
        let icon = &self.icon;
        let is_address = icon.starts_with("https://") || icon.starts_with("http://");
        let is_word = icon.len() <= 300 && icon.bytes().all(|byte| byte.is_ascii_graphic());
        let is_fine = icon.is_empty() || (is_address && is_word);
        if !is_fine {
            problems.push((
                "icon",
                "expected an address like \"https://example.org/icon.png\", of at most 300 printable ASCII characters".to_owned(),
            ));
        }
        let path = &self.websocket_path;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
        // Paths of the other front-ends, and those that a client could not ask for.
        let taken = path.starts_with("/_") || path.starts_with("/.") || path == "/native";
        if !path.starts_with('/') || path.len() > 64 || !path.bytes().all(letters) || taken {
            problems.push((
                "websocket_path",
                "expected a free path like \"/irc\", of at most 64 letters, digits, hyphens and slashes".to_owned(),
            ));
        }
        // RFC 2812 section 2.3.1: servername = hostname.
        if self.server_name.len() > 63
            || !self
                .server_name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        {
            problems.push((
                "server_name",
                "expected a host name of at most 63 characters, or \"\"".to_owned(),
            ));
        }
        if self.contact.len() > 390 || self.contact.chars().any(char::is_control) {
            problems.push((
                "contact",
                "expected one line of at most 390 bytes".to_owned(),
            ));
        }
        if !self.password_hash.is_empty() && !polylogue_hub::is_password_hash(&self.password_hash) {
            problems.push((
                "password_hash",
                "expected what `polylogue hash-password` prints, \"$argon2id$...\", or \"\""
                    .to_owned(),
            ));
        }
        if let Err(error) = TagDeny::new(self.denied_tags.iter().map(String::as_str)) {
            problems.push(("denied_tags", error.to_string()));
        }
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

    /// Key, value, unit and range. The upper ends of the lengths are the core's own limits, or what fits a line of 512 bytes (RFC 2812 section 2.3).
    fn ranges(&self) -> [(&'static str, u64, &'static str, RangeInclusive<u64>); 13] {
        [
            ("nick_length", self.nick_length as u64, "bytes", 9..=31),
            (
                "channel_length",
                self.channel_length as u64,
                "bytes",
                16..=64,
            ),
            ("topic_length", self.topic_length as u64, "bytes", 80..=390),
            ("kick_length", self.kick_length as u64, "bytes", 80..=390),
            ("away_length", self.away_length as u64, "bytes", 80..=300),
            ("channels", self.channels as u64, "channels", 1..=1000),
            ("targets", self.targets as u64, "targets", 1..=20),
            (
                "registration_seconds",
                self.registration_seconds,
                "seconds",
                5..=600,
            ),
            ("sts_seconds", self.sts_seconds, "seconds", 0..=31_536_000),
            ("ping_seconds", self.ping_seconds, "seconds", 10..=3600),
            (
                "timeout_seconds",
                self.timeout_seconds,
                "seconds",
                20..=7200,
            ),
            (
                "history_messages",
                self.history_messages as u64,
                "messages",
                50..=1000,
            ),
            ("message_lines", self.message_lines as u64, "lines", 1..=100),
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
        check(|config| config.nick_length = 31, &[]);
        check(|config| config.nick_length = 32, &["nick_length"]);
        check(|config| config.nick_length = 0, &["nick_length"]);
        check(|config| config.timeout_seconds = 90, &["timeout_seconds"]);
        check(
            |config| config.denied_tags = vec!["*".to_owned(), "-typing".to_owned()],
            &[],
        );
        check(
            |config| config.denied_tags = vec!["+typing".to_owned()],
            &["denied_tags"],
        );
        check(
            |config| config.network = "two words".to_owned(),
            &["network"],
        );
        check(
            |config| {
                config.targets = 0;
                config.message_lines = 0;
            },
            &["targets", "message_lines"],
        );
    }
}
