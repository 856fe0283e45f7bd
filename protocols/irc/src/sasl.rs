//! SASL over AUTHENTICATE: chunks, base64, and the payload of PLAIN. Whether a password is right is not decided here.
//!
//! Sources: IRCv3 sasl-3.1 and sasl-3.2, RFC 4616.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nom::bytes::complete::{tag, take_till, take_till1};
use nom::combinator::all_consuming;
use nom::sequence::terminated;
use nom::{IResult, Parser};
use zeroize::Zeroizing;

/// Bytes of base64 in a full chunk; a shorter one ends the response (sasl-3.1, "The AUTHENTICATE command").
pub const CHUNK: usize = 400;
/// Most bytes of base64 in one response.
pub const RESPONSE_LIMIT: usize = 4096;

/// A mechanism, by its registered name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// RFC 4422 appendix A: the TLS client certificate.
    External,
    /// RFC 7677.
    ScramSha256,
    /// RFC 7628.
    OAuthBearer,
}

impl Mechanism {
    /// Every known mechanism.
    pub const ALL: [Self; 4] = [
        Self::Plain,
        Self::External,
        Self::ScramSha256,
        Self::OAuthBearer,
    ];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::External => "EXTERNAL",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }

    /// The mechanism of a name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// A secret text: wiped when dropped, and never shown by `Debug`. It can't be compared here: that takes constant time.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a text as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the one place that needs it.
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

/// A client's response that arrives in chunks.
#[derive(Default)]
pub struct Response {
    base64: Zeroizing<String>,
}

/// What a chunk leads to.
#[derive(PartialEq, Eq)]
pub enum Step {
    /// More chunks follow; nothing is answered.
    More,
    /// The response is whole.
    Complete(Zeroizing<Vec<u8>>),
    /// The client gave up with `*`: `ERR_SASLABORTED` (906).
    Aborted,
}

/// Why a response is refused. What was collected is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// A chunk over [`CHUNK`]: `ERR_SASLTOOLONG` (905).
    #[error("the SASL message is too long")]
    TooLong,
    /// A response over [`RESPONSE_LIMIT`]: `ERR_SASLFAIL` (904).
    #[error("the SASL response is too long")]
    TooMuch,
    /// `ERR_SASLFAIL` (904).
    #[error("the SASL message is not base64")]
    NotBase64,
}

impl Response {
    /// Takes the parameter of an AUTHENTICATE line.
    ///
    /// # Errors
    /// [`ResponseError`]; the next chunk then begins a new response.
    pub fn push(&mut self, chunk: &str) -> Result<Step, ResponseError> {
        if chunk == "*" {
            self.base64 = Zeroizing::default();
            return Ok(Step::Aborted);
        }
        let text = if chunk == "+" { "" } else { chunk };
        if text.len() > CHUNK {
            self.base64 = Zeroizing::default();
            return Err(ResponseError::TooLong);
        }
        if self.base64.len() + text.len() > RESPONSE_LIMIT {
            self.base64 = Zeroizing::default();
            return Err(ResponseError::TooMuch);
        }
        if self.base64.is_empty() && text.len() == CHUNK {
            // Room for all of it at once: a text that grew would leave copies behind.
            self.base64.reserve_exact(RESPONSE_LIMIT);
        }
        self.base64.push_str(text);
        if text.len() == CHUNK {
            return Ok(Step::More);
        }
        let whole = std::mem::take(&mut self.base64);
        let decoded = STANDARD
            .decode(whole.as_bytes())
            .map_err(|_| ResponseError::NotBase64)?;
        Ok(Step::Complete(Zeroizing::new(decoded)))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").finish_non_exhaustive()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::More => "More",
            Self::Complete(_) => "Complete(***)",
            Self::Aborted => "Aborted",
        })
    }
}

/// The parameters of the AUTHENTICATE lines that carry a server's challenge; a full last chunk is followed by `+`.
#[must_use]
pub fn chunks(challenge: &[u8]) -> Vec<String> {
    let base64 = STANDARD.encode(challenge);
    let mut chunks = Vec::new();
    let mut rest = base64.as_str();
    // base64 is ASCII: every place is a boundary.
    while let Some((chunk, after)) = rest.split_at_checked(CHUNK) {
        chunks.push(chunk.to_owned());
        rest = after;
    }
    chunks.push(if rest.is_empty() {
        "+".to_owned()
    } else {
        rest.to_owned()
    });
    chunks
}

/// The payload of PLAIN.
#[derive(Debug, Clone)]
pub struct Plain {
    /// Whom to act as; `None` if it is left empty, which means the same as `authcid`.
    pub authzid: Option<String>,
    /// Whose password it is.
    pub authcid: String,
    /// The password.
    pub password: Secret,
}

impl Plain {
    /// Reads the payload. `None` if it breaks the grammar: `ERR_SASLFAIL` (904).
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        let (_, (authzid, authcid, password)) = all_consuming(plain).parse(text).ok()?;
        Some(Self {
            authzid: Some(authzid.to_owned()).filter(|authzid| !authzid.is_empty()),
            authcid: authcid.to_owned(),
            password: Secret::new(password.to_owned()),
        })
    }
}

/// `message = [authzid] NUL authcid NUL passwd`, where authcid and passwd are not empty and nothing holds NUL (RFC 4616 section 2)
fn plain(input: &str) -> IResult<&str, (&str, &str, &str)> {
    let nul = |c: char| c == '\0';
    (
        terminated(take_till(nul), tag("\0")),
        terminated(take_till1(nul), tag("\0")),
        take_till1(nul),
    )
        .parse(input)
}

/// What the server says to a token that does not log in, before it fails the exchange (RFC 7628 section 3.2.2; the codes are those of RFC 6750
/// section 3.1). The client answers with one byte, which means nothing.
#[must_use]
pub fn bearer_error(error: BearerError) -> &'static str {
    match error {
        BearerError::InvalidRequest => r#"{"status":"invalid_request"}"#,
        BearerError::InvalidToken => r#"{"status":"invalid_token"}"#,
    }
}

/// Why a token does not log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerError {
    /// What was sent breaks the grammar.
    InvalidRequest,
    /// It is none of ours, or not for this account.
    InvalidToken,
}

/// The payload of OAUTHBEARER.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// Whom to act as; `None` if it is left out.
    pub authzid: Option<String>,
    /// The access token.
    pub token: Secret,
}

impl Bearer {
    /// Reads the payload. `None` if it breaks the grammar, or has no token: `ERR_SASLFAIL` (904).
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        // client-resp = (gs2-header kvsep *kvpair kvsep) (RFC 7628 section 3.1); gs2-header = gs2-cb-flag "," [ authzid ] "," (RFC 5801)
        let (header, pairs) = text.split_once('\u{1}')?;
        let mut parts = header.split(',');
        let (Some("n" | "y"), Some(authzid), Some(""), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let authzid = match authzid {
            "" => None,
            // saslname (RFC 5801 section 4): `,` and `=` are escaped.
            named => Some(
                named
                    .strip_prefix("a=")?
                    .replace("=2C", ",")
                    .replace("=3D", "="),
            ),
        };
        let pairs = pairs.strip_suffix("\u{1}\u{1}")?.split('\u{1}');
        let mut given = pairs.filter_map(|pair| pair.strip_prefix("auth="));
        let (scheme, token) = given.next()?.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then(|| Self {
            authzid,
            token: Secret::new(token.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn push_all<'c>(chunks: impl IntoIterator<Item = &'c str>) -> Vec<Result<Step, ResponseError>> {
        let mut response = Response::default();
        chunks
            .into_iter()
            .map(|chunk| response.push(chunk))
            .collect()
    }

    fn complete(bytes: &[u8]) -> Result<Step, ResponseError> {
        Ok(Step::Complete(Zeroizing::new(bytes.to_vec())))
    }

    #[test]
    fn chunks_are_joined() {
        let full = "YWJj".repeat(100);
        let three_hundred = "abc".repeat(100);
        let check = |chunks: &[&str], last: Result<Step, ResponseError>| {
            let steps = push_all(chunks.iter().copied());
            assert_eq!(steps.into_iter().last(), Some(last), "{chunks:?}");
        };
        check(&["+"], complete(b""));
        check(&["YWJj"], complete(b"abc"));
        check(&[&full], Ok(Step::More));
        check(&[&full, "+"], complete(three_hundred.as_bytes()));
        check(
            &[&full, "YWJj"],
            complete(format!("{three_hundred}abc").as_bytes()),
        );
        check(&["*"], Ok(Step::Aborted));
        check(&[&full, "*"], Ok(Step::Aborted));
        check(&[&full, "*", "YWJj"], complete(b"abc"));
        check(&["YWJ"], Err(ResponseError::NotBase64));
        check(&["?"], Err(ResponseError::NotBase64));
        check(&["?", "YWJj"], complete(b"abc"));
        check(&[&"A".repeat(401)], Err(ResponseError::TooLong));
        check(&[full.as_str(); 10], Ok(Step::More));
        check(&[full.as_str(); 11], Err(ResponseError::TooMuch));
    }

    #[test]
    fn payloads_of_oauthbearer() {
        let check = |payload: &str, expected: Option<(Option<&str>, &str)>| {
            let read = Bearer::parse(payload.as_bytes());
            let parts = read
                .as_ref()
                .map(|bearer| (bearer.authzid.as_deref(), bearer.token.expose()));
            assert_eq!(parts, expected, "{payload:?}");
        };
        check("n,,\u{1}auth=Bearer abc\u{1}\u{1}", Some((None, "abc")));
        check(
            "n,a=al=2Cice,\u{1}host=irc.example.org\u{1}port=6697\u{1}auth=bearer abc\u{1}\u{1}",
            Some((Some("al,ice"), "abc")),
        );
        for wrong in [
            "",
            "n,,",
            "n,,\u{1}auth=Bearer abc",
            "n,,\u{1}auth=Basic abc\u{1}\u{1}",
            "n,,\u{1}auth=Bearer \u{1}\u{1}",
            "p,,\u{1}auth=Bearer abc\u{1}\u{1}",
            "n,alice,\u{1}auth=Bearer abc\u{1}\u{1}",
            "n,,\u{1}host=x\u{1}\u{1}",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn payloads_of_plain() {
        let check = |payload: &[u8], expected: Option<(Option<&str>, &str, &str)>| {
            let read = Plain::parse(payload);
            let parts = read.as_ref().map(|plain| {
                (
                    plain.authzid.as_deref(),
                    plain.authcid.as_str(),
                    plain.password.expose(),
                )
            });
            assert_eq!(parts, expected, "{payload:?}");
        };
        check(b"\0alice\0secret", Some((None, "alice", "secret")));
        check(
            b"alice\0alice\0se cret",
            Some((Some("alice"), "alice", "se cret")),
        );
        check(
            b"\0alice@laptop\0\xc3\xa9",
            Some((None, "alice@laptop", "é")),
        );
        check(b"", None);
        check(b"\0alice\0", None);
        check(b"\0\0secret", None);
        check(b"alice\0secret", None);
        check(b"\0alice\0a\0b", None);
        check(b"\0alice\0\xff", None);
    }

    #[test]
    fn secrets_are_not_shown() {
        let plain = Plain::parse(b"\0alice\0swordfish").unwrap();
        assert!(!format!("{plain:?}").contains("swordfish"));
        assert_eq!(format!("{:?}", complete(b"swordfish")), "Ok(Complete(***))");
        let mut response = Response::default();
        assert_eq!(response.push(&"A".repeat(CHUNK)), Ok(Step::More));
        assert!(!format!("{response:?}").contains('A'));
    }

    #[test]
    fn mechanisms_by_name() {
        for mechanism in Mechanism::ALL {
            assert_eq!(
                Mechanism::from_name(&mechanism.name().to_lowercase()),
                Some(mechanism)
            );
        }
        assert_eq!(Mechanism::from_name("FOO"), None);
    }

    proptest! {
        #[test]
        fn challenges_are_read_as_sent(challenge in prop::collection::vec(any::<u8>(), 0..3000)) {
            let chunks = chunks(&challenge);
            prop_assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK));
            let mut steps = push_all(chunks.iter().map(String::as_str));
            prop_assert_eq!(steps.pop(), Some(complete(&challenge)));
            prop_assert!(steps.iter().all(|step| *step == Ok(Step::More)));
        }
    }
}
