//! Names people choose: account names and channel names, each in one namespace for all front-ends. One account has one nick and one Matrix
//! localpart for life. Display names are no names in this sense: they are free text and live in the profile.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_security::confusable_detection::skeleton;

use crate::limits;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("the name is empty")]
    Empty,
    /// More bytes than the limit in [`limits`].
    #[error("the name is too long")]
    TooLong,
    /// A character that the grammar does not have, or not in that place.
    #[error("the name holds a character that is not allowed")]
    Character,
    /// Kept for the server and its services on every front-end.
    #[error("the name is reserved")]
    Reserved,
}

/// Names that nobody gets, compared by skeleton, so that look-alikes are covered too.
const RESERVED: [&str; 11] = [
    "alis", "admin", "root", "system", "server", "support", "abuse", "all", "here", "room",
    "everyone",
];

/// The name of an account or a guest: its nick on IRC and its Matrix localpart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountName {
    nick: Arc<str>,
    localpart: Arc<str>,
}

impl AccountName {
    /// A name chosen on IRC or the native protocol: the full nick grammar of RFC 2812 section 2.3.1, up to [`limits::NICK`] bytes. The
    /// localpart is the Matrix appendix's encoding ("Mapping from other character sets"): lower case, other bytes as `=hh`.
    ///
    /// # Errors
    /// Says which rule the name breaks.
    pub fn from_nick(nick: &str) -> Result<Self, NameError> {
        check_nick(nick)?;
        let mut localpart = String::with_capacity(nick.len());
        for byte in nick.bytes() {
            match byte.to_ascii_lowercase() {
                plain if plain != b'=' && is_localpart_byte(plain) => {
                    localpart.push(char::from(plain))
                }
                other => localpart.push_str(&format!("={other:02x}")),
            }
        }
        Ok(Self {
            nick: nick.into(),
            localpart: localpart.into(),
        })
    }

    /// A name chosen on Matrix: the localpart grammar of the Matrix appendix "User identifiers", without `/`, which separates foreign names.
    /// The nick is derived: what IRC can't write becomes `_`, a leading digit or `-` gets a `_` in front, and 31 bytes are kept.
    ///
    /// # Errors
    /// Says which rule the name breaks.
    pub fn from_localpart(localpart: &str) -> Result<Self, NameError> {
        if localpart.is_empty() {
            return Err(NameError::Empty);
        }
        if localpart.len() > limits::LOCALPART {
            return Err(NameError::TooLong);
        }
        if !localpart.bytes().all(|b| is_localpart_byte(b) && b != b'/') {
            return Err(NameError::Character);
        }
        let mut nick = String::with_capacity(limits::NICK);
        for byte in localpart.bytes() {
            if nick.is_empty() && !is_nick_start(byte) && is_nick_byte(byte) {
                nick.push('_');
            }
            nick.push(if is_nick_byte(byte) {
                char::from(byte)
            } else {
                '_'
            });
        }
        nick.truncate(limits::NICK);
        if is_reserved(&nick) || is_reserved(localpart) {
            return Err(NameError::Reserved);
        }
        Ok(Self {
            nick: nick.into(),
            localpart: localpart.into(),
        })
    }

    /// A guest's name: his nick for as long as he is here, and a random localpart that is never used again.
    ///
    /// # Errors
    /// Says which rule the nick breaks.
    pub fn guest(nick: &str, random: u128) -> Result<Self, NameError> {
        check_nick(nick)?;
        // 26 characters of base32 hold 130 bits.
        let localpart: String = (0..26u32)
            .map(|i| {
                let index = u32::try_from((random >> (5 * i.min(25))) & 31).unwrap_or(0);
                char::from_digit(index, 32).unwrap_or('0')
            })
            .collect();
        Ok(Self {
            nick: nick.into(),
            localpart: format!("guest.{localpart}").into(),
        })
    }

    /// As shown on IRC, in the case that its owner chose.
    #[must_use]
    pub fn nick(&self) -> &Arc<str> {
        &self.nick
    }

    /// The part of the Matrix user id between `@` and `:`.
    #[must_use]
    pub fn localpart(&self) -> &Arc<str> {
        &self.localpart
    }

    /// Every row that this name claims as an account's: skeletons of both forms, so that look-alikes of either are taken as well.
    #[must_use]
    pub fn claims(&self) -> Vec<NameKey> {
        let mut claims = NameKey::of_account(&self.nick);
        for key in NameKey::of_account(&self.localpart) {
            if !claims.contains(&key) {
                claims.push(key);
            }
        }
        claims
    }

    /// The same name in another case, or nothing if it is another name.
    #[must_use]
    pub fn recased(&self, nick: &str) -> Option<Self> {
        self.nick.eq_ignore_ascii_case(nick).then(|| Self {
            nick: nick.into(),
            localpart: self.localpart.clone(),
        })
    }

    /// The same account under another nick: a guest's change of nick.
    ///
    /// # Errors
    /// Says which rule the nick breaks.
    pub fn renamed(&self, nick: &str) -> Result<Self, NameError> {
        check_nick(nick)?;
        Ok(Self {
            nick: nick.into(),
            localpart: self.localpart.clone(),
        })
    }
}

/// What a room is called in public: `#garden` on IRC, `#garden:server` on Matrix.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelName(Arc<str>);

impl ChannelName {
    /// Takes `#name` (published rooms) or `&name` (rooms without an alias), in the case as typed.
    ///
    /// # Errors
    /// Says which rule the name breaks (RFC 2812 section 1.3: no space, BEL, comma; also no colon, which Matrix aliases need).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if !text.starts_with(['#', '&']) {
            return Err(NameError::Character);
        }
        if text.len() < 2 {
            return Err(NameError::Empty);
        }
        if text.len() > limits::CHANNEL_NAME {
            return Err(NameError::TooLong);
        }
        if text
            .chars()
            .any(|c| c.is_control() || matches!(c, ' ' | ',' | ':' | '\u{2028}' | '\u{2029}'))
        {
            return Err(NameError::Character);
        }
        Ok(Self(text.into()))
    }

    /// With its `#` or `&`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether outsiders may know the name: `#`, not `&`.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.0.starts_with('#')
    }

    /// The row that the name claims.
    #[must_use]
    pub fn claim(&self) -> NameKey {
        NameKey::channel(&self.0)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A row of the claimed-name table. Claimed by an event, then used; never checked first and used later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NameKey(Arc<str>);

impl NameKey {
    /// For an account's nick or localpart: the skeleton, so that `a1ice` and `alice` are one name; with what `_` and `-` stand behind it, so
    /// that `alice_` is another.
    #[must_use]
    pub fn account(name: &str) -> Self {
        Self(account_key(name).into())
    }

    /// All that a name claims as an account's: what is left of it without `_` and `-` at its end too. A guest may go by `alice_` beside an
    /// account `alice`, another account may not.
    #[must_use]
    pub fn of_account(name: &str) -> Vec<Self> {
        let key = Self::account(name);
        let stem = Self::account(name.trim_end_matches(['_', '-']));
        // A name of nothing else has no stem.
        let is_other = stem != key && stem.as_str().len() > 1;
        std::iter::once(key)
            .chain(is_other.then_some(stem))
            .collect()
    }

    /// For a channel: folded as `CASEMAPPING=ascii` says.
    #[must_use]
    pub fn channel(name: &str) -> Self {
        Self(name.to_ascii_lowercase().into())
    }

    /// For the plain direct room of two users.
    #[must_use]
    pub fn direct(one: crate::UserId, other: crate::UserId) -> Self {
        Self(format!("dm:{}:{}", one.0.min(other.0), one.0.max(other.0)).into())
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the store.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

impl std::borrow::Borrow<str> for NameKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What [`NameKey::account`] holds, for a look-up that keeps nothing.
pub(crate) fn account_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 1);
    key.push('@');
    // What clients put behind a nick that is taken makes another name of it.
    let stem = name.trim_end_matches(['_', '-']);
    let (stem, behind) = name.split_at(if stem.is_empty() { 0 } else { stem.len() });
    if !stem.is_empty() {
        push_skeleton(stem, &mut key);
    }
    key.push_str(behind);
    key
}

/// Equal for names that people could take for each other: case, i/l/1, o/0, rn/m, vv/w; `_` and `-` count for nothing. As a name that is
/// claimed, one with `_` or `-` at its end is another one nevertheless.
#[must_use]
pub fn account_skeleton(name: &str) -> String {
    let mut shape = String::with_capacity(name.len());
    push_skeleton(name, &mut shape);
    shape
}

/// Every word that is said may be a name, so names of ASCII alone, as nicks are, take one pass.
fn push_skeleton(name: &str, out: &mut String) {
    let before = out.len();
    if name.is_ascii() {
        push_shape(name.chars().map(|c| c.to_ascii_lowercase()), out);
    } else {
        let folded: String = name.to_lowercase().chars().filter_map(folded).collect();
        if folded.is_ascii() {
            push_shape(folded.chars(), out);
        } else {
            push_shape(skeleton(&folded).collect::<String>().chars(), out);
        }
    }
    // A name of nothing but `_` and `-` is its own skeleton.
    if out.len() == before {
        out.push_str(name);
    }
}

/// One of the characters that look alike for all of them, and nothing for those that are overlooked.
fn folded(c: char) -> Option<char> {
    match c {
        '_' | '-' => None,
        'i' | '1' | '|' => Some('l'),
        '0' => Some('o'),
        other => Some(other),
    }
}

fn push_shape(name: impl Iterator<Item = char>, out: &mut String) {
    let before = out.len();
    for c in name.filter_map(folded) {
        let last = out
            .get(before..)
            .and_then(|shape| shape.chars().next_back());
        let joined = match (last, c) {
            (Some('r'), 'n') => Some('m'),
            (Some('v'), 'v') => Some('w'),
            _ => None,
        };
        if joined.is_some() {
            out.pop();
        }
        out.push(joined.unwrap_or(c));
    }
}

fn check_nick(nick: &str) -> Result<(), NameError> {
    let first = *nick.as_bytes().first().ok_or(NameError::Empty)?;
    if nick.len() > limits::NICK {
        return Err(NameError::TooLong);
    }
    if !is_nick_start(first) || !nick.bytes().all(is_nick_byte) {
        return Err(NameError::Character);
    }
    if is_reserved(nick) {
        Err(NameError::Reserved)
    } else {
        Ok(())
    }
}

fn is_nick_start(byte: u8) -> bool {
    is_nick_byte(byte) && !byte.is_ascii_digit() && byte != b'-'
}

/// RFC 2812 section 2.3.1: letter / digit / special / "-".
fn is_nick_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'[' | b']' | b'\\' | b'`' | b'_' | b'^' | b'{' | b'|' | b'}' | b'-'
        )
}

/// Matrix appendix "User identifiers": a-z 0-9 . _ = - / +
fn is_localpart_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase()
        || byte.is_ascii_digit()
        || matches!(byte, b'.' | b'_' | b'=' | b'-' | b'/' | b'+')
}

fn is_reserved(name: &str) -> bool {
    let shape = account_skeleton(name);
    let lower = name.to_ascii_lowercase();
    lower.ends_with("serv")
        || lower == "global"
        || lower.starts_with("guest.")
        || RESERVED
            .iter()
            .any(|reserved| account_skeleton(reserved) == shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_two_forms() {
        let from_nick = |nick: &str, localpart: Result<&str, NameError>| {
            let got = AccountName::from_nick(nick);
            assert_eq!(
                got.as_ref().map(|n| &**n.localpart()).map_err(|e| *e),
                localpart,
                "{nick}"
            );
        };
        from_nick("Alice", Ok("alice"));
        from_nick("[foo]|bar", Ok("=5bfoo=5d=7cbar"));
        from_nick("9lives", Err(NameError::Character));
        from_nick("-x", Err(NameError::Character));
        from_nick("", Err(NameError::Empty));
        from_nick("a b", Err(NameError::Character));
        from_nick("é", Err(NameError::Character));
        from_nick(&"a".repeat(31), Ok("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
        from_nick(&"a".repeat(32), Err(NameError::TooLong));
        for reserved in [
            "NickServ", "Admin", "adm1n", "admin_", "R00t", "MyServ", "Global", "ALIS",
        ] {
            from_nick(reserved, Err(NameError::Reserved));
        }
        let from_localpart = |localpart: &str, nick: Result<&str, NameError>| {
            let got = AccountName::from_localpart(localpart);
            assert_eq!(
                got.as_ref().map(|n| &**n.nick()).map_err(|e| *e),
                nick,
                "{localpart}"
            );
        };
        from_localpart("bob", Ok("bob"));
        from_localpart("bob.smith", Ok("bob_smith"));
        from_localpart("42", Ok("_42"));
        from_localpart("Bob", Err(NameError::Character));
        from_localpart("a/b", Err(NameError::Character));
        from_localpart("guest.x", Err(NameError::Reserved));
    }

    #[test]
    fn look_alikes_are_one_name() {
        let check = |one: &str, other: &str, same: bool| {
            assert_eq!(
                NameKey::account(one) == NameKey::account(other),
                same,
                "{one} {other}"
            );
        };
        check("alice", "ALICE", true);
        check("alice", "a1ice", true);
        check("b_o-b", "bob", true);
        check("_bob", "bob", true);
        // What clients try when a nick is taken is free, and has look-alikes of its own.
        check("bob_", "bob", false);
        check("bob-", "bob", false);
        check("bob_", "bob__", false);
        check("bob_", "bob-", false);
        check("b0b_", "BOB_", true);
        check("bob`", "bob", false);
        check("bob|", "bob", false);
        check("bob2", "bob", false);
        check("bob1", "bob", false);
        check("bob1", "bobl", true);
        check("barn", "bam", true);
        check("vvim", "wim", true);
        check("alice", "alicia", false);
        check("_", "__", false);
    }

    #[test]
    fn an_account_claims_its_name_without_what_is_behind_it() {
        let check = |name: &str, claims: &[&str]| {
            let keys = NameKey::of_account(name);
            let keys: Vec<_> = keys.iter().map(NameKey::as_str).collect();
            assert_eq!(keys, claims, "{name}");
        };
        check("bob", &["@bob"]);
        check("bob_", &["@bob_", "@bob"]);
        check("b_b-_", &["@bb-_", "@bb"]);
        check("__", &["@__"]);
    }

    #[test]
    fn channel_names() {
        let check = |text: &str, want: Option<NameError>| {
            assert_eq!(ChannelName::parse(text).err(), want, "{text:?}")
        };
        check("#garden", None);
        check("&garden-x2f4", None);
        check("#Größe", None);
        check("garden", Some(NameError::Character));
        check("#", Some(NameError::Empty));
        check("#a,b", Some(NameError::Character));
        check("#a:b", Some(NameError::Character));
        check("#a b", Some(NameError::Character));
        check("#a\u{7}", Some(NameError::Character));
        check(&format!("#{}", "x".repeat(64)), Some(NameError::TooLong));
        assert_eq!(
            ChannelName::parse("#Garden").unwrap().claim(),
            NameKey::channel("#garden")
        );
    }
}
