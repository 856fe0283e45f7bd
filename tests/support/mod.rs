//! What the tests against the real program share: the program itself, a client for each protocol, and patterns for what they get. Every wait is
//! for a condition and has a deadline; nothing sleeps.

pub mod http;
pub mod inbox;
pub mod irc;
pub mod matrix;
pub mod native;
pub mod notation;
pub mod pattern;
pub mod random;
pub mod server;

use std::fmt;
use std::time::Duration;

pub use inbox::Inbox;
pub use irc::Irc;
pub use native::Native;
pub use pattern::{Bindings, Pattern};
pub use server::Server;

/// How long a test waits for what must come. `POLYLOGUE_TEST_PATIENCE` sets it, in seconds, for slow machines.
pub fn patience() -> Duration {
    let seconds = std::env::var("POLYLOGUE_TEST_PATIENCE")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(15))
}

/// What a test expected and did not get; prints as it is, on several lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure(pub String);

impl Failure {
    /// A failure with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\n{}", self.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a client's step gives.
pub type Outcome<T> = Result<T, Failure>;

/// The password of an account of the tests.
pub fn password(account: &str) -> String {
    format!("the long password of {account}")
}
