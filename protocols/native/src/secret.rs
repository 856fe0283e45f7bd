//! Strings that must not be seen: they print as `***` and leave memory when they are dropped. Whether they are right is for the server.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::limits;
use crate::text::TextError;

/// A password, a token or a room's key. Serialised as it is, because a client has to send it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Checks and takes a secret: not empty, at most [`limits::SECRET`] bytes, no control characters.
    ///
    /// # Errors
    /// Says which rule the secret breaks, never what it is.
    pub fn new(text: String) -> Result<Self, TextError> {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.len() > limits::SECRET {
            return Err(TextError::TooLong {
                limit: limits::SECRET,
            });
        }
        match text.chars().find(|c| c.is_control()) {
            Some(control) => Err(TextError::Character(control)),
            None => Ok(Self(text)),
        }
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("correct horse".into()).unwrap();
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(secret.expose(), "correct horse");
        assert_eq!(Secret::new(String::new()), Err(TextError::Empty));
        assert_eq!(Secret::new("a\nb".into()), Err(TextError::Character('\n')));
    }
}
