//! Requests about the connection and the account: from `hello` to `devices`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounded::List;
use crate::limits;
use crate::secret::Secret;
use crate::text::{
    Avatar, DeviceId, DeviceName, DisplayName, FeatureName, PingToken, Software, Status, UserName,
};

/// `hello`: the first request. The answer is the server's `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The protocol's version: [`limits::VERSION`].
    pub version: u32,
    /// What the program calls itself: `chat.py/1.0`.
    pub client: Software,
    /// What the client asks for beyond the plain protocol.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub features: List<Feature, { limits::FEATURES }>,
}

/// Something beyond the plain protocol. A client asks, the server's `hello` says what is granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// `signal` frames about who types.
    Typing,
    /// `signal` frames about who is here.
    Presence,
    /// `signal` frames about what was read.
    Read,
    /// `signal` frames about changed profiles.
    Profile,
    /// One that this version does not know. A server does not grant it.
    Unknown(FeatureName),
}

impl Feature {
    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Typing => "typing",
            Self::Presence => "presence",
            Self::Read => "read",
            Self::Profile => "profile",
            Self::Unknown(name) => name.as_str(),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = FeatureName::deserialize(deserializer)?;
        Ok(match name.as_str() {
            "typing" => Self::Typing,
            "presence" => Self::Presence,
            "read" => Self::Read,
            "profile" => Self::Profile,
            _ => Self::Unknown(name),
        })
    }
}

/// `ping`: are you there? The answer is `pong`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// Comes back in the `pong`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<PingToken>,
}

/// `pong`: the answer to a `ping` of the server's. Everything sent before that ping has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pong {
    /// The ping's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<PingToken>,
}

/// `register`: make an account and log in. Answered with a [`Session`](crate::Session).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The name, for good.
    pub name: UserName,
    /// The password.
    pub password: Secret,
    /// A registration token, where the server wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// What people call the credential that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
}

/// `login`: log in by password, which makes a credential. Answered with a [`Session`](crate::Session).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account's name.
    pub name: UserName,
    /// Its password.
    pub password: Secret,
    /// What people call the credential that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
}

/// `resume`: log in by the token of an earlier login. Answered with a [`Session`](crate::Session) without a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The token.
    pub token: Secret,
}

/// `prove`: show the password again, for what needs a fresh proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prove {
    /// The account's password.
    pub password: Secret,
}

/// `logout`: end a credential, and every connection that came from it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// Which; without it, this connection's own. Another one needs a fresh password proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// `set_password`: a new password. Needs a fresh proof of the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The new password.
    pub password: Secret,
    /// What becomes of the account's other credentials.
    #[serde(default)]
    pub others: Others,
}

/// What a new password does to the account's other credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// They end: a password is changed mostly because somebody else knows it.
    #[default]
    LogOut,
    /// They go on.
    Keep,
}

/// `devices`: the account's credentials. Answered with [`Devices`](crate::Answer::Devices).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {}

/// `profile`: what a user shows of himself. Answered with a [`Profile`](crate::Answer::Profile).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetProfile {
    /// Whose; without it, your own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
}

/// `set_profile`: change what you show of yourself. What is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetProfile {
    /// The name for people; empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The address of a picture; empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Avatar>,
}

/// `set_presence`: how this connection shows to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPresence {
    /// How.
    pub presence: Presence,
    /// A text beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// How a user shows to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Here.
    Online,
    /// Connected, but not here.
    Away,
    /// Not connected, or not to be seen.
    Offline,
}
