//! Errors as the client-server API words them (Matrix client-server API "Standard error response"). What they mean here is the server's
//! business.

use std::borrow::Cow;

pub use ruma::api::error::ErrorCode;
use serde_json::{Map, Value};

/// An error reply: a status, a code, a text for people, and what some codes carry besides.
#[derive(Debug, Clone)]
pub struct ErrorReply {
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: Cow<'static, str>,
    /// Further members of the body.
    pub extra: Map<String, Value>,
}

impl ErrorReply {
    /// An error without further members.
    #[must_use]
    pub fn new(status: u16, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            extra: Map::new(),
        }
    }

    /// With a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = self.extra.clone();
        body.insert("errcode".to_owned(), self.code.as_str().into());
        body.insert("error".to_owned(), self.message.as_ref().into());
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies() {
        let check = |error: ErrorReply, body: Value| assert_eq!(error.body(), body);
        check(
            ErrorReply::new(404, ErrorCode::NotFound, "no such room"),
            json!({ "errcode": "M_NOT_FOUND", "error": "no such room" }),
        );
        check(
            ErrorReply::new(429, ErrorCode::LimitExceeded, "too fast").with("retry_after_ms", 1500),
            json!({ "errcode": "M_LIMIT_EXCEEDED", "error": "too fast", "retry_after_ms": 1500 }),
        );
    }
}
