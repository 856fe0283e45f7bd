//! Addresses that a text may lead to, and the addresses of users.
//!
//! Nothing is resolved or fetched; the allowed schemes are those of the Matrix client-server API,
//! section `m.room.message`.

use std::fmt;
use std::sync::Arc;

const SCHEMES: [&str; 5] = ["http", "https", "ftp", "mailto", "magnet"];

/// An absolute address with a scheme of the allowed list, without control characters, spaces or
/// brackets, at most 4,096 bytes long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(Arc<str>);

impl Link {
    /// The longest address, in bytes; browsers and servers agree on no more.
    pub const MAX_LENGTH: usize = 4096;

    /// Reads an address as browsers do: surrounding space and inner line ends do not count, and
    /// what may not stand in an address is percent-encoded. `None` if it is relative, too long or
    /// of another scheme.
    #[must_use]
    pub fn new(address: &str) -> Option<Link> {
        let address = address.trim_matches(|c: char| c.is_control() || c == ' ');
        let mut clean = String::with_capacity(address.len());
        for c in address.chars() {
            match c {
                ' ' => clean.push_str("%20"),
                '"' => clean.push_str("%22"),
                '<' => clean.push_str("%3C"),
                '>' => clean.push_str("%3E"),
                '`' => clean.push_str("%60"),
                c if c.is_control() || is_invisible(c) => {}
                c => clean.push(c),
            }
        }
        let (scheme, rest) = clean.split_once(':')?;
        let allowed = SCHEMES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme));
        (allowed && !rest.is_empty() && clean.len() <= Link::MAX_LENGTH).then(|| Link(clean.into()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` already says where the link leads.
    pub(crate) fn is_said_by(&self, text: &str) -> bool {
        let text = text.trim();
        text == self.as_str() || self.0.strip_prefix("mailto:") == Some(text)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that would make an address read other than it is.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The user id that an address stands for: `https://matrix.to/#/@user:server` (Matrix
/// specification, appendices, "matrix.to navigation") or `matrix:u/user:server`.
pub(crate) fn user_of(address: &str) -> Option<String> {
    let address = address.trim();
    let (id, sigil) = if let Some(rest) = address.strip_prefix("https://matrix.to/#/") {
        (rest, "")
    } else {
        (address.strip_prefix("matrix:u/")?, "@")
    };
    let id = id.split('?').next().unwrap_or(id);
    let user = format!("{sigil}{}", percent_decoded(id)?);
    is_user_id(&user).then_some(user)
}

/// The `matrix.to` address of a user.
pub(crate) fn address_of(user: &str) -> String {
    let mut address = String::from("https://matrix.to/#/");
    for byte in user.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' | b':' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

/// Whether `user` has the form `@localpart:server`, at most 255 bytes (Matrix specification,
/// appendices, "User Identifiers"), without spaces or control characters.
pub(crate) fn is_user_id(user: &str) -> bool {
    let parts = user.strip_prefix('@').and_then(|rest| rest.split_once(':'));
    let named = parts.is_some_and(|(name, server)| !name.is_empty() && !server.is_empty());
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '/' && user.ends_with('/');
    named && user.len() <= 255 && !user.contains(odd)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_addresses_of_allowed_schemes_are_links() {
        let check = |address: &str, expected: Option<&str>| {
            assert_eq!(
                Link::new(address).as_ref().map(Link::as_str),
                expected,
                "{address:?}"
            );
        };
        check(
            "https://example.org/a?b=c#d",
            Some("https://example.org/a?b=c#d"),
        );
        check("HTTP://example.org", Some("HTTP://example.org"));
        check(" ftp://example.org\n", Some("ftp://example.org"));
        check("mailto:a@example.org", Some("mailto:a@example.org"));
        check("magnet:?xt=urn:btih:0", Some("magnet:?xt=urn:btih:0"));
        check("https://e.org/a b<c>", Some("https://e.org/a%20b%3Cc%3E"));
        check(
            "https://e.org/\u{202E}gpj.exe",
            Some("https://e.org/gpj.exe"),
        );
        check("javascript:alert(1)", None);
        check("java\nscript:alert(1)", None);
        check("\x01javascript:alert(1)", None);
        check("data:text/html,x", None);
        check("//example.org", None);
        check("/relative", None);
        check("https:", None);
        check(&format!("https://e.org/{}", "a".repeat(5000)), None);
    }

    #[test]
    fn users_are_found_in_their_addresses() {
        let check = |address: &str, expected: Option<&str>| {
            assert_eq!(user_of(address).as_deref(), expected, "{address:?}");
        };
        check(
            "https://matrix.to/#/@alice:example.org",
            Some("@alice:example.org"),
        );
        check(
            "https://matrix.to/#/%40alice%3Aexample.org",
            Some("@alice:example.org"),
        );
        check(
            "https://matrix.to/#/@alice:example.org?via=x",
            Some("@alice:example.org"),
        );
        check("matrix:u/alice:example.org", Some("@alice:example.org"));
        check("https://matrix.to/#/#room:example.org", None);
        check("https://matrix.to/#/@alice", None);
        check("https://matrix.to/#/%4", None);
        check("https://matrix.to/#/@a%0Ab:example.org", None);
        assert_eq!(
            user_of(&address_of("@=5bfoo/é:e.org")).as_deref(),
            Some("@=5bfoo/é:e.org")
        );
    }
}
