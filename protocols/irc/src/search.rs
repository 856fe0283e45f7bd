//! SEARCH requests. What is found, and who may find it, is not decided here.
//!
//! Source: the vendor specification soju.im/search.

use std::borrow::Cow;

use crate::line::Middle;
use crate::message::Message;
use crate::tags::Tags;
use crate::time;

/// What is looked for: everything that is given must be so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// `text`: words of the message.
    pub text: Option<Cow<'a, str>>,
    /// `in`: the channel, or the other one of a private conversation.
    pub target: Option<Cow<'a, str>>,
    /// `from`: the nick of who said it.
    pub sender: Option<Cow<'a, str>>,
    /// `after`: not earlier; Unix time in milliseconds.
    pub after: Option<u64>,
    /// `before`: not later; Unix time in milliseconds.
    pub before: Option<u64>,
    /// `limit`: most messages to return, not yet bounded by the server's own limit.
    pub limit: Option<u32>,
}

/// Why a request is refused: `FAIL SEARCH INVALID_PARAMS [attribute] :<text>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No attributes at all.
    #[error("Say what to look for: attributes text, in, from, after, before, limit")]
    Missing,
    /// An attribute that the specification does not have.
    #[error("There are the attributes text, in, from, after, before, limit")]
    Unknown(String),
    /// Not a time.
    #[error("A time is written as in 2019-01-04T14:33:26.123Z")]
    Time(String),
    /// Not a number from 1 on.
    #[error("Invalid limit")]
    Limit(String),
}

impl RequestError {
    /// The attribute that is wrong, if one is and it can stand in a reply.
    #[must_use]
    pub fn context(&self) -> Option<Middle<'_>> {
        match self {
            Self::Missing => None,
            Self::Unknown(key) | Self::Time(key) | Self::Limit(key) => Middle::new(key).ok(),
        }
    }
}

impl<'a> Request<'a> {
    /// Reads a SEARCH message.
    ///
    /// `attributes = attribute *( ";" attribute )`, `attribute = key "=" escaped-value`, escaped as the values of message tags are
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(message: &'a Message) -> Result<Self, RequestError> {
        let attributes = message.given(0).ok_or(RequestError::Missing)?;
        let mut request = Self::default();
        for attribute in Tags::new(attributes).iter() {
            let value = attribute.value();
            let key = attribute.key;
            match key {
                "text" => request.text = Some(value),
                "in" => request.target = Some(value),
                "from" => request.sender = Some(value),
                "after" => request.after = Some(at(key, &value)?),
                "before" => request.before = Some(at(key, &value)?),
                "limit" => request.limit = Some(limit(key, &value)?),
                _ => return Err(RequestError::Unknown(key.to_owned())),
            }
        }
        if request == Self::default() {
            return Err(RequestError::Missing);
        }
        Ok(request)
    }
}

fn at(key: &str, value: &str) -> Result<u64, RequestError> {
    time::parse(value).ok_or_else(|| RequestError::Time(key.to_owned()))
}

/// `limit = 1*DIGIT`, not 0
fn limit(key: &str, value: &str) -> Result<u32, RequestError> {
    match value.parse() {
        Ok(limit) if limit > 0 && !value.starts_with('+') => Ok(limit),
        Ok(_) | Err(_) => Err(RequestError::Limit(key.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Request<'_>, RequestError>) {
        let message = Message::parse(line).unwrap();
        assert_eq!(Request::parse(&message), expected, "{line}");
    }

    #[test]
    fn requests() {
        check(
            "SEARCH text=fast;in=#chan;limit=2",
            Ok(Request {
                text: Some("fast".into()),
                target: Some("#chan".into()),
                limit: Some(2),
                ..Request::default()
            }),
        );
        check(
            "SEARCH from=jackie;in=#chan",
            Ok(Request {
                sender: Some("jackie".into()),
                target: Some("#chan".into()),
                ..Request::default()
            }),
        );
        // Values are escaped as in message tags; clients also write the whole as a trailing parameter.
        check(
            r"SEARCH :text=two\swords\:;before=2019-01-04T14:33:26.123Z;after=1970-01-01T00:00:00.001Z",
            Ok(Request {
                text: Some("two words;".into()),
                before: Some(1_546_612_406_123),
                after: Some(1),
                ..Request::default()
            }),
        );
    }

    #[test]
    fn refusals() {
        let of = |wrong: fn(String) -> RequestError, key: &str| Err(wrong(key.to_owned()));
        check("SEARCH", Err(RequestError::Missing));
        check("SEARCH :", Err(RequestError::Missing));
        check("SEARCH ;;", Err(RequestError::Missing));
        check("SEARCH fast", of(RequestError::Unknown, "fast"));
        check(
            "SEARCH text=a;colour=red",
            of(RequestError::Unknown, "colour"),
        );
        check("SEARCH before=yesterday", of(RequestError::Time, "before"));
        for limit in ["0", "-1", "+1", "ten", "4294967296"] {
            check(
                &format!("SEARCH limit={limit}"),
                of(RequestError::Limit, "limit"),
            );
        }
    }
}
