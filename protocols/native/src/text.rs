//! Strings that were checked when they came in: identifiers, names and texts, each with its own bounds. Whether what they name exists is for
//! the server.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits;

/// Why a string is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// Over its limit.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// The limit, in bytes of UTF-8.
        limit: usize,
    },
    /// A control character, or one that this kind of string does not have.
    #[error("holds a character that is not allowed here: {0:?}")]
    Character(char),
    /// An alias without its sign.
    #[error("must begin with {0:?}")]
    Start(char),
    /// A string that begins like one of another kind.
    #[error("must not begin with {0:?}")]
    NotStart(char),
}

/// Which characters a kind of string has.
#[derive(Clone, Copy)]
enum Characters {
    /// Visible ASCII: identifiers, which are compared and sent back, never read.
    Identifier,
    /// No space and no control character.
    Word,
    /// One line: no control character.
    Line,
    /// Lines separated by LF; TAB, but no other control character.
    Lines,
}

impl Characters {
    fn hold(self, character: char) -> bool {
        match self {
            Self::Identifier => character.is_ascii_graphic(),
            Self::Word => !character.is_control() && !character.is_whitespace(),
            Self::Line => !character.is_control(),
            Self::Lines => !character.is_control() || matches!(character, '\n' | '\t'),
        }
    }
}

fn check(text: &str, limit: usize, characters: Characters) -> Result<(), TextError> {
    if text.len() > limit {
        return Err(TextError::TooLong { limit });
    }
    text.chars()
        .find(|c| !characters.hold(*c))
        .map_or(Ok(()), |c| Err(TextError::Character(c)))
}

fn filled(text: &str) -> Result<(), TextError> {
    if text.is_empty() {
        Err(TextError::Empty)
    } else {
        Ok(())
    }
}

fn begins(text: &str, start: char) -> Result<(), TextError> {
    if text.starts_with(start) {
        Ok(())
    } else {
        Err(TextError::Start(start))
    }
}

fn begins_not(text: &str, start: char) -> Result<(), TextError> {
    if text.starts_with(start) {
        Err(TextError::NotStart(start))
    } else {
        Ok(())
    }
}

/// Declares a checked string: its characters, its limit, and further rules.
macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident: $characters:ident, $limit:ident $(, $rule:ident($($argument:literal)?))*;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes a string.
            ///
            /// # Errors
            /// Says which rule the string breaks.
            pub fn new(text: &str) -> Result<Self, TextError> {
                $($rule(text $(, $argument)?)?;)*
                check(text, limits::$limit, Characters::$characters)?;
                Ok(Self(text.into()))
            }

            /// The string.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for Arc<str> {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}

checked! {
    /// The opaque, lasting identifier of a room. Never begins with `#`, so that an alias can stand wherever it does.
    RoomId: Identifier, ID, filled(), begins_not('#');
    /// A room's published name: `#garden`.
    Alias: Word, ALIAS, begins('#');
    /// A user's name.
    UserName: Word, USER_NAME, filled();
    /// An event's opaque identifier: 22 characters of base64url for every event made on this server, another opaque string for an imported
    /// one. Never begins with `~`, so that a cursor can stand wherever it does.
    EventId: Identifier, ID, filled(), begins_not('~');
    /// A place in the stream of all that happens. Opaque, and compared for equality only. Begins with `~`.
    Cursor: Identifier, ID, begins('~');
    /// Where the next page of a list begins. Opaque.
    PageToken: Identifier, ID, filled();
    /// The opaque identifier of a credential.
    DeviceId: Identifier, ID, filled();
    /// A client's key for doing a thing once, however often it is sent.
    Key: Line, KEY, filled();
    /// What is said.
    Text: Lines, TEXT, filled();
    /// The same as HTML, of which the server keeps what Matrix allows (Matrix client-server API "m.room.message", `formatted_body`).
    Html: Lines, TEXT, filled();
    /// An emoji, or a short text that stands for one.
    Reaction: Line, REACTION, filled();
    /// A topic; empty means none.
    Topic: Lines, TOPIC;
    /// A room's name for people; empty means none.
    RoomName: Line, ROOM_NAME;
    /// Why something was done.
    Reason: Line, REASON;
    /// What a user calls himself for people; empty means none.
    DisplayName: Line, DISPLAY_NAME;
    /// The address of a picture; empty means none.
    Avatar: Word, AVATAR;
    /// What is shown beside a presence.
    Status: Line, STATUS;
    /// What people call a credential.
    DeviceName: Line, DEVICE_NAME, filled();
    /// What a program calls itself.
    Software: Line, SOFTWARE, filled();
    /// An event type of Matrix, or of a client's own.
    EventType: Line, EVENT_TYPE, filled();
    /// Which one of several state events of a type; often empty.
    StateKey: Line, EVENT_TYPE;
    /// An encryption algorithm.
    Algorithm: Line, EVENT_TYPE, filled();
    /// Words to look for in the directory.
    Search: Line, SEARCH;
    /// What a ping carries and its pong brings back.
    PingToken: Identifier, PING, filled();
    /// The name of a feature that this crate does not know.
    FeatureName: Identifier, FEATURE, filled();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_keep_to_their_kind() {
        fn check<T>(result: Result<T, TextError>, want: Result<(), TextError>) {
            assert_eq!(result.map(|_| ()), want);
        }
        check(RoomId::new("r1"), Ok(()));
        check(RoomId::new(""), Err(TextError::Empty));
        check(RoomId::new("#r"), Err(TextError::NotStart('#')));
        check(RoomId::new("r\u{e9}"), Err(TextError::Character('\u{e9}')));
        check(
            RoomId::new(&"r".repeat(256)),
            Err(TextError::TooLong { limit: 255 }),
        );
        check(Alias::new("#gärten"), Ok(()));
        check(Alias::new("garden"), Err(TextError::Start('#')));
        check(Alias::new("#a b"), Err(TextError::Character(' ')));
        check(Cursor::new("~x"), Ok(()));
        check(Cursor::new("x"), Err(TextError::Start('~')));
        check(EventId::new("~x"), Err(TextError::NotStart('~')));
        check(Text::new("a\n\tb"), Ok(()));
        check(Text::new("a\r\nb"), Err(TextError::Character('\r')));
        check(Text::new("a\0"), Err(TextError::Character('\0')));
        check(Topic::new(""), Ok(()));
        check(Reason::new("a\nb"), Err(TextError::Character('\n')));
    }
}
