//! CHATHISTORY requests. What history there is, and who may read it, is not decided here.
//!
//! Source: IRCv3 draft/chathistory.

use crate::line::Middle;
use crate::message::Message;
use crate::time;

/// A request for history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Which part.
    pub query: Query<'a>,
    /// Most messages to return, at least 1, not yet bounded by the server's own limit.
    pub limit: u32,
}

/// Which part of the history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query<'a> {
    /// `LATEST`: the last messages, after the reference if there is one.
    Latest {
        /// Channel or nick.
        target: Middle<'a>,
        /// `None` for `*`.
        after: Option<Reference<'a>>,
    },
    /// `BEFORE`: the last messages before the reference.
    Before {
        /// Channel or nick.
        target: Middle<'a>,
        /// Excluded itself.
        reference: Reference<'a>,
    },
    /// `AFTER`: the first messages after the reference.
    After {
        /// Channel or nick.
        target: Middle<'a>,
        /// Excluded itself.
        reference: Reference<'a>,
    },
    /// `AROUND`: messages on both sides of the reference.
    Around {
        /// Channel or nick.
        target: Middle<'a>,
        /// Included itself.
        reference: Reference<'a>,
    },
    /// `BETWEEN`: from the first reference towards the second, in either direction of time.
    Between {
        /// Channel or nick.
        target: Middle<'a>,
        /// Where counting begins, excluded itself.
        from: Reference<'a>,
        /// Where it ends, excluded itself.
        to: Reference<'a>,
    },
    /// `TARGETS`: the conversations whose last message is between two times, in either direction.
    Targets {
        /// Unix time in milliseconds.
        from: u64,
        /// Unix time in milliseconds.
        to: u64,
    },
}

/// A place in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `timestamp=`: Unix time in milliseconds.
    Timestamp(u64),
    /// `msgid=`: not resolved yet.
    MessageId(&'a str),
}

/// Why a request is refused: `FAIL CHATHISTORY <code> <subcommand> [context] :<text>`, where the texts are those of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError<'a> {
    /// `INVALID_PARAMS`
    #[error("Unknown command")]
    UnknownCommand,
    /// `INVALID_PARAMS`
    #[error("Insufficient parameters")]
    TooFew,
    /// `INVALID_PARAMS`
    #[error("Too many parameters")]
    TooMany,
    /// `INVALID_PARAMS`, with the parameter as context.
    #[error("Invalid timestamp")]
    Timestamp(&'a str),
    /// `INVALID_PARAMS`, with the parameter as context.
    #[error("Invalid limit")]
    Limit(&'a str),
    /// `INVALID_TARGET`, with the parameter as context.
    #[error("Messages could not be retrieved")]
    Target(&'a str),
    /// `INVALID_MSGREFTYPE`, with the parameter as context: neither `timestamp=` nor `msgid=`, or not allowed here.
    #[error("A reference is timestamp= or msgid=; TARGETS takes timestamp= only")]
    ReferenceType(&'a str),
}

impl<'a> RequestError<'a> {
    /// The code of the standard reply.
    #[must_use]
    pub const fn code(self) -> Middle<'static> {
        match self {
            Self::UnknownCommand
            | Self::TooFew
            | Self::TooMany
            | Self::Timestamp(_)
            | Self::Limit(_) => Middle::literal("INVALID_PARAMS"),
            Self::Target(_) => Middle::literal("INVALID_TARGET"),
            Self::ReferenceType(_) => Middle::literal("INVALID_MSGREFTYPE"),
        }
    }

    /// The context of the standard reply, if it can stand in one.
    #[must_use]
    pub fn context(self) -> Option<Middle<'a>> {
        match self {
            Self::UnknownCommand | Self::TooFew | Self::TooMany => None,
            Self::Timestamp(text)
            | Self::Limit(text)
            | Self::Target(text)
            | Self::ReferenceType(text) => Middle::new(text).ok(),
        }
    }
}

impl<'a> Request<'a> {
    /// Reads a CHATHISTORY message.
    ///
    /// `LATEST target ( "*" / reference ) limit`, `( BEFORE / AFTER / AROUND ) target reference limit`,
    /// `BETWEEN target reference reference limit`, `TARGETS timestamp timestamp limit`
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(message: &'a Message) -> Result<Self, RequestError<'a>> {
        let mut parameters = message.params();
        let subcommand = parameters.next().ok_or(RequestError::TooFew)?;
        let mut next = || parameters.next().ok_or(RequestError::TooFew);
        let query = match subcommand.to_ascii_uppercase().as_str() {
            "LATEST" => {
                let (target, after) = (target(next()?)?, next()?);
                Query::Latest {
                    target,
                    after: if after == "*" {
                        None
                    } else {
                        Some(reference(after)?)
                    },
                }
            }
            "BEFORE" => Query::Before {
                target: target(next()?)?,
                reference: reference(next()?)?,
            },
            "AFTER" => Query::After {
                target: target(next()?)?,
                reference: reference(next()?)?,
            },
            "AROUND" => Query::Around {
                target: target(next()?)?,
                reference: reference(next()?)?,
            },
            "BETWEEN" => Query::Between {
                target: target(next()?)?,
                from: reference(next()?)?,
                to: reference(next()?)?,
            },
            "TARGETS" => Query::Targets {
                from: timestamp(next()?)?,
                to: timestamp(next()?)?,
            },
            _ => return Err(RequestError::UnknownCommand),
        };
        let limit = limit(next()?)?;
        if parameters.next().is_some() {
            return Err(RequestError::TooMany);
        }
        Ok(Self { query, limit })
    }
}

fn target(text: &str) -> Result<Middle<'_>, RequestError<'_>> {
    Middle::new(text).map_err(|_| RequestError::Target(text))
}

/// `reference = "timestamp=" date-time / "msgid=" 1*<any character but SPACE>`
fn reference(text: &str) -> Result<Reference<'_>, RequestError<'_>> {
    match text.split_once('=') {
        Some(("timestamp", at)) => time::parse(at)
            .map(Reference::Timestamp)
            .ok_or(RequestError::Timestamp(text)),
        Some(("msgid", id)) => Ok(Reference::MessageId(id)),
        Some(_) | None => Err(RequestError::ReferenceType(text)),
    }
}

/// `timestamp = "timestamp=" date-time`
fn timestamp(text: &str) -> Result<u64, RequestError<'_>> {
    match reference(text)? {
        Reference::Timestamp(at) => Ok(at),
        Reference::MessageId(_) => Err(RequestError::ReferenceType(text)),
    }
}

/// `limit = 1*DIGIT`, not 0
fn limit(text: &str) -> Result<u32, RequestError<'_>> {
    match text.parse() {
        Ok(limit) if limit > 0 && !text.starts_with('+') => Ok(limit),
        Ok(_) | Err(_) => Err(RequestError::Limit(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "timestamp=2019-01-04T14:33:26.123Z";
    const AT: Reference<'static> = Reference::Timestamp(1_546_612_406_123);
    const GARDEN: Middle<'static> = Middle::literal("#garden");

    #[track_caller]
    fn check(line: &str, expected: Result<(Query<'_>, u32), RequestError<'_>>) {
        let message = Message::parse(line).unwrap();
        let read = Request::parse(&message).map(|request| (request.query, request.limit));
        assert_eq!(read, expected, "{line}");
    }

    #[test]
    fn requests() {
        check(
            "CHATHISTORY LATEST #garden * 50",
            Ok((
                Query::Latest {
                    target: GARDEN,
                    after: None,
                },
                50,
            )),
        );
        check(
            &format!("CHATHISTORY latest #garden {TIME} 50"),
            Ok((
                Query::Latest {
                    target: GARDEN,
                    after: Some(AT),
                },
                50,
            )),
        );
        check(
            "CHATHISTORY BEFORE #garden msgid=abc=d 1",
            Ok((
                Query::Before {
                    target: GARDEN,
                    reference: Reference::MessageId("abc=d"),
                },
                1,
            )),
        );
        check(
            &format!("CHATHISTORY AFTER #garden {TIME} 5"),
            Ok((
                Query::After {
                    target: GARDEN,
                    reference: AT,
                },
                5,
            )),
        );
        check(
            &format!("CHATHISTORY AROUND #garden {TIME} 5"),
            Ok((
                Query::Around {
                    target: GARDEN,
                    reference: AT,
                },
                5,
            )),
        );
        check(
            &format!("CHATHISTORY BETWEEN #garden {TIME} msgid=x 5"),
            Ok((
                Query::Between {
                    target: GARDEN,
                    from: AT,
                    to: Reference::MessageId("x"),
                },
                5,
            )),
        );
        check(
            &format!("CHATHISTORY TARGETS {TIME} timestamp=1970-01-01T00:00:00.001Z 5"),
            Ok((
                Query::Targets {
                    from: 1_546_612_406_123,
                    to: 1,
                },
                5,
            )),
        );
    }

    #[test]
    fn refusals() {
        check("CHATHISTORY", Err(RequestError::TooFew));
        check(
            "CHATHISTORY FOO #garden * 50",
            Err(RequestError::UnknownCommand),
        );
        check("CHATHISTORY LATEST", Err(RequestError::TooFew));
        check("CHATHISTORY LATEST #garden *", Err(RequestError::TooFew));
        check(
            "CHATHISTORY LATEST #garden * 5 6",
            Err(RequestError::TooMany),
        );
        check(
            "CHATHISTORY BEFORE #garden * 5",
            Err(RequestError::ReferenceType("*")),
        );
        check(
            "CHATHISTORY BEFORE #garden id=5 5",
            Err(RequestError::ReferenceType("id=5")),
        );
        check(
            "CHATHISTORY BEFORE #garden timestamp=now 5",
            Err(RequestError::Timestamp("timestamp=now")),
        );
        check(
            "CHATHISTORY TARGETS msgid=a msgid=b 5",
            Err(RequestError::ReferenceType("msgid=a")),
        );
        for limit in ["0", "-1", "x", "+5", "99999999999"] {
            check(
                &format!("CHATHISTORY LATEST #garden * {limit}"),
                Err(RequestError::Limit(limit)),
            );
        }
        check(
            "CHATHISTORY LATEST :#a b",
            Err(RequestError::Target("#a b")),
        );
    }

    #[test]
    fn refusals_name_their_code_and_context() {
        let check = |error: RequestError<'_>, code: &str, context: Option<&str>| {
            assert_eq!(
                (error.code().as_str(), error.context().map(Middle::as_str)),
                (code, context)
            );
        };
        check(RequestError::TooFew, "INVALID_PARAMS", None);
        check(RequestError::Limit("x"), "INVALID_PARAMS", Some("x"));
        check(RequestError::Limit("a b"), "INVALID_PARAMS", None);
        check(RequestError::Target("#x"), "INVALID_TARGET", Some("#x"));
        check(
            RequestError::ReferenceType("id=5"),
            "INVALID_MSGREFTYPE",
            Some("id=5"),
        );
    }
}
