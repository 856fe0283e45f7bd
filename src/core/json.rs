//! JSON as it is stored: canonical, bounded, and equal to what its author sent. Knows nothing of what it means.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Depth at which nested JSON is refused.
pub const DEPTH_LIMIT: usize = 64;

/// A JSON object in canonical form (Matrix appendix "Canonical JSON": keys sorted, no spaces, integers within ±(2^53-1)).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Json(Arc<str>);

/// Why JSON is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON at all.
    #[error("not valid JSON")]
    Syntax,
    /// The outermost value is not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A number that is no integer, or one beyond ±(2^53-1).
    #[error("numbers must be integers within ±(2^53-1)")]
    Number,
    /// Nested deeper than [`DEPTH_LIMIT`].
    #[error("nested too deeply")]
    Depth,
}

impl Json {
    /// Takes the text of a JSON object.
    ///
    /// # Errors
    /// Says which rule of canonical JSON the text breaks.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        Self::from_value(&serde_json::from_str(text).map_err(|_| JsonError::Syntax)?)
    }

    /// Takes a parsed JSON object.
    ///
    /// # Errors
    /// Says which rule of canonical JSON the value breaks.
    pub fn from_value(value: &Value) -> Result<Self, JsonError> {
        if !value.is_object() {
            return Err(JsonError::NotAnObject);
        }
        check(value, Numbers::Integers)?;
        // serde_json keeps maps sorted and writes no spaces: this is the canonical form.
        Ok(Self(value.to_string().into()))
    }

    /// Takes a parsed JSON object that is no event: account data, where numbers may be fractions (Matrix client-server API "Room tagging",
    /// `order`).
    ///
    /// # Errors
    /// Says what is wrong with the value.
    pub fn account_data(value: &Value) -> Result<Self, JsonError> {
        if !value.is_object() {
            return Err(JsonError::NotAnObject);
        }
        check(value, Numbers::Any)?;
        Ok(Self(value.to_string().into()))
    }

    /// `{}`
    #[must_use]
    pub fn empty() -> Self {
        Self("{}".into())
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parsed value. Always an object.
    #[must_use]
    pub fn value(&self) -> Value {
        // The constructors admit valid JSON only; a damaged row reads as null.
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which numbers are taken.
#[derive(Clone, Copy)]
enum Numbers {
    Integers,
    Any,
}

/// Walks without recursion: depth is the attacker's choice.
fn check(value: &Value, numbers: Numbers) -> Result<(), JsonError> {
    const SAFE: i64 = (1 << 53) - 1;
    let mut rest = vec![(value, 1)];
    while let Some((value, depth)) = rest.pop() {
        if depth > DEPTH_LIMIT {
            return Err(JsonError::Depth);
        }
        match value {
            Value::Null | Value::Bool(_) | Value::String(_) => {}
            Value::Number(n) => match (n.as_i64(), numbers) {
                (_, Numbers::Any) => {}
                (Some(i), Numbers::Integers) if (-SAFE..=SAFE).contains(&i) => {}
                (Some(_) | None, Numbers::Integers) => return Err(JsonError::Number),
            },
            Value::Array(items) => rest.extend(items.iter().map(|v| (v, depth + 1))),
            Value::Object(map) => rest.extend(map.values().map(|v| (v, depth + 1))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_or_refused() {
        let check = |text: &str, want: Result<&str, JsonError>| {
            let got = Json::parse(text);
            assert_eq!(
                got.as_ref().map(Json::as_str).map_err(|e| *e),
                want,
                "{text}"
            );
        };
        check(r#"{ "b": 1, "a": "\u00e9" }"#, Ok(r#"{"a":"é","b":1}"#));
        check("[1]", Err(JsonError::NotAnObject));
        check("{", Err(JsonError::Syntax));
        check(r#"{"a":NaN}"#, Err(JsonError::Syntax));
        check(r#"{"a":1.5}"#, Err(JsonError::Number));
        check(r#"{"a":1e400}"#, Err(JsonError::Syntax));
        check(r#"{"a":9007199254740991}"#, Ok(r#"{"a":9007199254740991}"#));
        check(r#"{"a":9007199254740992}"#, Err(JsonError::Number));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(80), "]".repeat(80));
        check(&deep, Err(JsonError::Depth));
        let tag = serde_json::json!({ "order": 0.25 });
        assert_eq!(
            Json::account_data(&tag).as_ref().map(Json::as_str),
            Ok(r#"{"order":0.25}"#)
        );
        let very_deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        check(&very_deep, Err(JsonError::Syntax));
    }
}
