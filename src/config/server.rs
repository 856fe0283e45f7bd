//! The `[server]` and `[registration]` tables: who this server is, where its data lies and who may join it.

use std::path::PathBuf;

use polylogue_hub::is_registration_token;
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
    /// Open, by token or closed.
    pub mode: RegistrationMode,
    /// The registration tokens, for `token`.
    pub tokens: Vec<String>,
    /// A file with more of them, one a line; empty for none.
    pub tokens_file: PathBuf,
}

impl Registration {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !self.tokens.iter().all(|token| is_registration_token(token)) {
            problems.push((
                "tokens",
                "expected tokens of 1 to 64 characters out of A-Z a-z 0-9 . _ ~ -".to_owned(),
            ));
        }
        let is_empty = self.tokens.is_empty() && self.tokens_file.as_os_str().is_empty();
        if self.mode == RegistrationMode::Token && is_empty {
            problems.push((
                "tokens",
                "expected a token here or a file in tokens_file, because mode is \"token\""
                    .to_owned(),
            ));
        }
        problems
    }

    /// The tokens in the file; none without a file.
    ///
    /// # Errors
    /// When the file cannot be read, or a line of it is no token.
    pub fn tokens_of_file(&self) -> std::io::Result<Vec<String>> {
        if self.tokens_file.as_os_str().is_empty() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(&self.tokens_file)?;
        let lines = text.lines().map(str::trim).enumerate();
        lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(index, line)| {
                // Not the line itself: it may be a token with a slip in it.
                let wrong = || {
                    let text = format!("line {} is no registration token", index + 1);
                    std::io::Error::new(std::io::ErrorKind::InvalidData, text)
                };
                is_registration_token(line)
                    .then(|| line.to_owned())
                    .ok_or_else(wrong)
            })
            .collect()
    }
}

/// Whether accounts come from the clients or from the administrator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    /// Any client may register.
    Open,
    /// Any client may whose user has a registration token.
    Token,
    /// Only `polylogue user add` makes accounts.
    #[default]
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration_by_token_needs_tokens() {
        let check = |mode, tokens: &[&str], file: &str, expected: &[&str]| {
            let registration = Registration {
                mode,
                tokens: tokens.iter().map(|&token| token.to_owned()).collect(),
                tokens_file: file.into(),
            };
            let problems = registration.problems().into_iter();
            let keys: Vec<_> = problems.map(|(key, _)| key).collect();
            assert_eq!(keys, expected, "{registration:?}");
        };
        check(RegistrationMode::Token, &["garden"], "", &[]);
        check(RegistrationMode::Token, &[], "/etc/polylogue/tokens", &[]);
        check(RegistrationMode::Token, &[], "", &["tokens"]);
        check(RegistrationMode::Token, &["two words"], "", &["tokens"]);
        check(RegistrationMode::Closed, &[""], "", &["tokens"]);
        check(RegistrationMode::Open, &[], "", &[]);
    }

    #[test]
    fn a_file_has_one_token_a_line() {
        let directory = tempfile::tempdir().unwrap();
        let registration = Registration {
            tokens_file: directory.path().join("tokens"),
            ..Registration::default()
        };
        let read = |text: &str| {
            std::fs::write(&registration.tokens_file, text).unwrap();
            let tokens = registration.tokens_of_file();
            tokens.map_err(|error| error.to_string())
        };
        let two = vec!["garden".to_owned(), "shed".to_owned()];
        assert_eq!(read("garden\n\n  shed \r\n"), Ok(two));
        assert_eq!(read(""), Ok(Vec::new()));
        let wrong = Err("line 2 is no registration token".to_owned());
        assert_eq!(read("garden\nold shed\n"), wrong);
        let without = Registration::default();
        assert_eq!(without.tokens_of_file().unwrap(), Vec::<String>::new());
    }

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
