//! The push rules of an account, kept as its account data `m.push_rules`. Whoever changed none has the server's defaults.

use polylogue_core::{Json, Refusal, UserId};
use ruma::push::Ruleset;
use serde_json::{Value, json};

use crate::Matrix;
use crate::error::Failure;
use crate::extract::canonical;

/// The type of the account data.
pub(crate) const KIND: &str = "m.push_rules";

/// The lists of a ruleset; clients require each of them (COMPAT(matrix-js-sdk, 43)).
const LISTS: [&str; 5] = ["override", "content", "room", "sender", "underride"];

/// The rules in force.
pub(crate) async fn ruleset(matrix: &Matrix, user: UserId) -> Result<Ruleset, Failure> {
    let stored = matrix.hub.account_datum(user, None, KIND).await?;
    with_defaults(matrix, user, stored)
}

/// What is stored, with the server's defaults.
pub(crate) fn with_defaults(
    matrix: &Matrix,
    user: UserId,
    stored: Option<Json>,
) -> Result<Ruleset, Failure> {
    let defaults = defaults(matrix, user)?;
    Ok(match stored.and_then(read) {
        Some(mut rules) => {
            rules.update_with_server_default(defaults);
            rules
        }
        None => defaults,
    })
}

/// The rules of a user who changed them.
pub(crate) async fn own(matrix: &Matrix, user: UserId) -> Result<Option<Ruleset>, Failure> {
    let stored = matrix.hub.account_datum(user, None, KIND).await?;
    let Some(mut rules) = stored.and_then(read) else {
        return Ok(None);
    };
    rules.update_with_server_default(defaults(matrix, user)?);
    Ok(Some(rules))
}

/// Those of everybody else.
pub(crate) fn defaults(matrix: &Matrix, user: UserId) -> Result<Ruleset, Failure> {
    let user_id = matrix.user_id(&matrix.hub.world(), user);
    let user_id = ruma::UserId::parse(&user_id).map_err(|_| Refusal::Internal)?;
    Ok(Ruleset::server_default(&user_id))
}

fn read(stored: Json) -> Option<Ruleset> {
    serde_json::from_value(stored.value().get("global")?.clone()).ok()
}

/// The content of the account data event: `{"global": ...}`.
pub(crate) fn content(rules: &Ruleset) -> Result<Json, Failure> {
    let mut global = serde_json::to_value(rules).map_err(|_| Refusal::Internal)?;
    if let Value::Object(global) = &mut global {
        for list in LISTS {
            global.entry(list).or_insert_with(|| json!([]));
        }
    }
    canonical(&json!({ "global": global }))
}
