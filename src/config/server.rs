//! The `[server]` and `[registration]` tables: who this server is, where its data lies and who may join it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Who this server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The host name in every user's and room's id. The data directory remembers it for ever.
    pub name: String,
    /// One line about the server.
    pub description: String,
    /// Where everything durable lies.
    pub data_dir: PathBuf,
    /// A text file shown to those who connect; empty for none.
    pub motd_file: PathBuf,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            name: "localhost".to_owned(),
            description: "A Polylogue server".to_owned(),
            data_dir: PathBuf::from("/var/lib/polylogue"),
            motd_file: PathBuf::new(),
        }
    }
}

impl Server {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !is_server_name(&self.name) {
            problems.push(("name", "expected a host name such as chat.example.org: letters a-z, digits, hyphens and dots, at most 125 characters".to_owned()));
        }
        if self.description.len() > 390 || self.description.chars().any(char::is_control) {
            problems.push((
                "description",
                "expected one line of at most 390 bytes".to_owned(),
            ));
        }
        if self.data_dir.as_os_str().is_empty() {
            problems.push(("data_dir", "expected the path of a directory".to_owned()));
        }
        problems
    }
}

/// Whether a text can be this server's name: a host name (RFC 1123 section 2.1) in lower case.
/// With a localpart of 128 bytes it must leave a user id within 255 (Matrix appendices, "User identifiers").
#[must_use]
pub fn is_server_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 125 && name.split('.').all(label)
}

/// Who may make an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Open or closed.
    pub mode: RegistrationMode,
}

/// Whether accounts come from the clients or from the administrator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    /// Any client may register.
    Open,
    /// Only `polylogue user add` makes accounts.
    #[default]
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_names() {
        for (name, expected) in [
            ("localhost", true),
            ("chat.example.org", true),
            ("xn--bcher-kva.example", true),
            ("192.0.2.1", true),
            ("", false),
            ("Chat.example.org", false),
            ("chat..example", false),
            ("chat.example.org.", false),
            ("-chat.example", false),
            ("chat-.example", false),
            ("chat.example:8448", false),
            ("chat example", false),
            ("b\u{fc}cher.example", false),
        ] {
            assert_eq!(is_server_name(name), expected, "{name:?}");
        }
        assert!(!is_server_name(&"a.".repeat(63)));
        assert!(!is_server_name(&"a".repeat(64)));
    }
}
