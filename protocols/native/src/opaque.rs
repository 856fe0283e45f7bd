//! JSON objects that pass through as they were written: content of event types that the server does not look into.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::limits;

/// A JSON object, kept verbatim: at most [`limits::CONTENT`] bytes, no numbers but integers of at most 2^53-1 either way (Matrix appendix
/// "Canonical JSON"), since others change on their way through some JSON reader.
#[derive(Clone)]
pub struct Opaque(Arc<RawValue>);

/// Why an object can't be passed through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// Not JSON, or a string in it is not Unicode.
    #[error("is not valid JSON")]
    Syntax,
    /// Some other value.
    #[error("must be an object")]
    NotAnObject,
    /// A number with a fraction or an exponent, or one that is too large.
    #[error("must hold no numbers but integers within \u{b1}(2^53-1)")]
    Number,
    /// A name that is there twice in one object: readers differ in which of the two they take.
    #[error("has a name twice in one object")]
    Twice,
    /// Over the limit.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
}

impl Opaque {
    /// Checks and takes the text of a JSON object.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, OpaqueError> {
        Self::from_raw(serde_json::from_str(text).map_err(|_| OpaqueError::Syntax)?)
    }

    /// The text, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    fn from_raw(raw: Box<RawValue>) -> Result<Self, OpaqueError> {
        if raw.get().len() > limits::CONTENT {
            return Err(OpaqueError::TooLong {
                limit: limits::CONTENT,
            });
        }
        if !raw.get().starts_with('{') {
            return Err(OpaqueError::NotAnObject);
        }
        let mut problem = None;
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        Check(&mut problem)
            .deserialize(&mut reader)
            .map_err(|_| problem.unwrap_or(OpaqueError::Syntax))?;
        Ok(Self(raw.into()))
    }
}

/// Reads a value without keeping it, and leaves here what serde's errors can't carry. serde_json bounds the recursion.
struct Check<'a>(&'a mut Option<OpaqueError>);

impl Check<'_> {
    fn refuse<T, E: de::Error>(self, problem: OpaqueError) -> Result<T, E> {
        *self.0 = Some(problem);
        Err(E::custom(problem))
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        if number > limits::INTEGER {
            self.refuse(OpaqueError::Number)
        } else {
            Ok(())
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        self.visit_u64(number.unsigned_abs())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.refuse(OpaqueError::Number)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Check(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if !names.insert(name) {
                return self.refuse(OpaqueError::Twice);
            }
            fields.next_value_seed(Check(&mut *self.0))?;
        }
        Ok(())
    }
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Opaque {}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Opaque {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Opaque {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_raw(Box::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbatim_or_refused() {
        let check = |text: &str, want: Result<(), OpaqueError>| {
            assert_eq!(
                Opaque::new(text).map(|opaque| assert_eq!(opaque.as_str(), text.trim())),
                want,
                "{text}"
            );
        };
        check(r#"{ "b" : 1, "a":"\u00e9", "c": [ ] }"#, Ok(()));
        check(r#"{"a":[{"b":1,"\u0062":2}]}"#, Err(OpaqueError::Twice));
        check(r#"{"a":[{"b":1},{"b":2}]}"#, Ok(()));
        check("{\"a\":9007199254740991}", Ok(()));
        check("{\"a\":-9007199254740991}", Ok(()));
        check("{\"a\":9007199254740992}", Err(OpaqueError::Number));
        check("{\"a\":[-0]}", Err(OpaqueError::Number));
        check("{\"a\":1.0}", Err(OpaqueError::Number));
        check("{\"a\":1e400}", Err(OpaqueError::Syntax));
        check("{\"a\":NaN}", Err(OpaqueError::Syntax));
        check(r#"{"a":"\ud800"}"#, Err(OpaqueError::Syntax));
        check("[]", Err(OpaqueError::NotAnObject));
        check("{} {}", Err(OpaqueError::Syntax));
        check(
            &format!("{{\"a\":\"{}\"}}", "x".repeat(limits::CONTENT)),
            Err(OpaqueError::TooLong {
                limit: limits::CONTENT,
            }),
        );
    }
}
