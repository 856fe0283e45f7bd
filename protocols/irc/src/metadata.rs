//! The keys of METADATA: which words are keys, and the registered ones, which can be subscribed to.
//!
//! Source: IRCv3 draft/metadata-2 and its registry.

/// A registered key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Key {
    /// `avatar`: the address of a picture.
    Avatar,
    /// `bot`: what software it is.
    Bot,
    /// `color`: of the name.
    Color,
    /// `display-name`: the name for people.
    DisplayName,
    /// `homepage`: an address.
    Homepage,
    /// `pronouns`.
    Pronouns,
    /// `status`: what somebody does.
    Status,
}

impl Key {
    /// Every registered key.
    pub const ALL: [Self; 7] = [
        Self::Avatar,
        Self::Bot,
        Self::Color,
        Self::DisplayName,
        Self::Homepage,
        Self::Pronouns,
        Self::Status,
    ];

    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Bot => "bot",
            Self::Color => "color",
            Self::DisplayName => "display-name",
            Self::Homepage => "homepage",
            Self::Pronouns => "pronouns",
            Self::Status => "status",
        }
    }

    /// The key of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// Whether a word can be a key: `a-z`, `0-9` and `_.-/`, at most 64 bytes.
#[must_use]
pub fn is_key(word: &str) -> bool {
    let letter = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'_' | b'.' | b'-' | b'/')
    };
    !word.is_empty() && word.len() <= 64 && word.bytes().all(letter)
}

/// Keys of which somebody wants to know when they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Subscriptions(u8);

impl Subscriptions {
    /// The set as a word, for [`from_bits`](Self::from_bits).
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set of a word that [`bits`](Self::bits) gave.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// This set and one more.
    #[must_use]
    pub const fn with(self, key: Key) -> Self {
        Self(self.0 | 1 << key as u8)
    }

    /// This set without one.
    #[must_use]
    pub const fn without(self, key: Key) -> Self {
        Self(self.0 & !(1 << key as u8))
    }

    /// Whether a key is in the set.
    #[must_use]
    pub const fn has(self, key: Key) -> bool {
        self.0 & 1 << key as u8 != 0
    }

    /// The members.
    pub fn iter(self) -> impl Iterator<Item = Key> {
        Key::ALL.into_iter().filter(move |key| self.has(*key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for key in Key::ALL {
            assert!(is_key(key.name()));
            assert_eq!(Key::from_name(key.name()), Some(key));
            let set = Subscriptions::default().with(key);
            assert_eq!(set.iter().collect::<Vec<_>>(), [key]);
            assert_eq!(Subscriptions::from_bits(set.bits()), set);
            assert_eq!(set.without(key), Subscriptions::default());
        }
        let check = |word: &str, expected: bool| assert_eq!(is_key(word), expected, "{word}");
        check("example.org/mood_1", true);
        check("", false);
        check("Avatar", false);
        check("a b", false);
        check("*", false);
        check(&"a".repeat(65), false);
    }
}
