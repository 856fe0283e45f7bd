//! User-interactive authentication (Matrix client-server API "User-Interactive Authentication API"): the challenge, and what clients answer.
//! All flows here have a single stage, so that a challenge needs no memory.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ErrorReply;

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `m.login.dummy`: nothing to prove.
    Dummy,
    /// `m.login.password`
    Password,
    /// `m.login.registration_token`: a token that lets its owner make an account.
    RegistrationToken,
}

impl Stage {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dummy => "m.login.dummy",
            Self::Password => "m.login.password",
            Self::RegistrationToken => "m.login.registration_token",
        }
    }
}

/// The `auth` member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Auth {
    /// The stage that is answered.
    #[serde(rename = "type")]
    pub stage: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The registration token.
    pub token: Option<String>,
    /// Who says it is his.
    pub identifier: Option<Identifier>,
    /// The same, as before version 0.4 of the API.
    pub user: Option<String>,
}

/// Whom a client means (Matrix client-server API "Identifier types"). Only `m.id.user` names an account here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Identifier {
    /// The identifier's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// A localpart or a user id, for `m.id.user`.
    pub user: Option<String>,
}

/// Who is named by an identifier or by the older `user` member.
#[must_use]
pub fn named<'a>(identifier: Option<&'a Identifier>, user: Option<&'a str>) -> Option<&'a str> {
    match identifier {
        Some(identifier) if identifier.kind == "m.id.user" => identifier.user.as_deref(),
        Some(_) => None,
        None => user,
    }
}

/// The body of the 401 reply that asks for a stage; `wrong` tells why the last answer was none.
#[must_use]
pub fn challenge(stage: Stage, session: &str, wrong: Option<&ErrorReply>) -> Value {
    let mut body = json!({
        "flows": [{ "stages": [stage.name()] }],
        "params": {},
        "session": session,
        "completed": [],
    });
    if let (Some(Value::Object(error)), Value::Object(members)) =
        (wrong.map(ErrorReply::body), &mut body)
    {
        members.extend(error);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn a_challenge_names_its_stage_and_what_was_wrong() {
        let first = challenge(Stage::Password, "s", None);
        assert_eq!(first["flows"][0]["stages"][0], "m.login.password");
        assert_eq!(
            first.get("errcode"),
            None,
            "clients would show it as a failure"
        );
        let again = challenge(
            Stage::Password,
            "s",
            Some(&ErrorReply::new(
                401,
                ErrorCode::Forbidden,
                "wrong password",
            )),
        );
        assert_eq!(again["errcode"], "M_FORBIDDEN");
        assert_eq!(again["session"], "s");
    }

    #[test]
    fn who_is_named() {
        let identifier = |kind: &str| Identifier {
            kind: kind.to_owned(),
            user: Some("alice".to_owned()),
        };
        let check = |identifier: Option<Identifier>, user: Option<&str>, want: Option<&str>| {
            assert_eq!(named(identifier.as_ref(), user), want);
        };
        check(Some(identifier("m.id.user")), None, Some("alice"));
        check(Some(identifier("m.id.user")), Some("bob"), Some("alice"));
        check(Some(identifier("m.id.thirdparty")), Some("bob"), None);
        check(None, Some("bob"), Some("bob"));
        check(None, None, None);
    }
}
