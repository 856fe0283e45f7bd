//! `/pushrules`: all rules, one rule, its parts; user rules are made and taken away, default rules are changed.

use std::sync::Arc;

use axum::extract::State;
use polylogue_matrix::error::ErrorCode;
use ruma::push::{
    Action, InsertPushRuleError, NewConditionalPushRule, NewPatternedPushRule, NewPushRule,
    NewSimplePushRule, PushCondition, RemovePushRuleError, RuleKind, Ruleset,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Params, Reply, Segments};
use crate::{datum, push};

#[derive(Deserialize)]
pub(crate) struct Place {
    before: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct NewRule {
    actions: Vec<Action>,
    #[serde(default)]
    conditions: Vec<PushCondition>,
    pattern: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Enabled {
    enabled: bool,
}

#[derive(Deserialize)]
pub(crate) struct Actions {
    actions: Vec<Action>,
}

pub(crate) async fn all(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let rules = push::ruleset(&matrix, access.user).await?;
    Ok(Reply(push::content(&rules)?.value()))
}

pub(crate) async fn global(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let rules = push::ruleset(&matrix, access.user).await?;
    Ok(Reply(
        push::content(&rules)?
            .value()
            .get("global")
            .cloned()
            .unwrap_or_default(),
    ))
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((kind, id)): Segments<(String, String)>,
) -> Answer {
    Ok(Reply(rule(&matrix, &access, (&kind, &id)).await?))
}

pub(crate) async fn get_part(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((kind, id, part)): Segments<(String, String, String)>,
) -> Answer {
    match part.as_str() {
        "enabled" | "actions" => {
            let rule = rule(&matrix, &access, (&kind, &id)).await?;
            Ok(Reply(json!({ part.as_str(): rule.get(&part) })))
        }
        _ => Err(unknown_part()),
    }
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    (Segments((kind, id)), Params(place)): (Segments<(String, String)>, Params<Place>),
    Body(new): Body<NewRule>,
) -> Answer {
    let new = new_rule(known_kind(&kind)?, id, new)?;
    let (after, before) = (place.after.as_deref(), place.before.as_deref());
    let insert = |rules: &mut Ruleset| {
        rules
            .insert(new.clone(), after, before)
            .map_err(not_inserted)
    };
    changed(&matrix, &access, insert).await
}

pub(crate) async fn put_part(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((kind, id, part)): Segments<(String, String, String)>,
    Body(body): Body<Value>,
) -> Answer {
    let kind = known_kind(&kind)?;
    match part.as_str() {
        "enabled" => {
            let Enabled { enabled } = crate::extract::shape(body)?;
            let set = |rules: &mut Ruleset| {
                let done = rules.set_enabled(kind.clone(), &id, enabled);
                done.map_err(|_| no_such_rule())
            };
            changed(&matrix, &access, set).await
        }
        "actions" => {
            let Actions { actions } = crate::extract::shape(body)?;
            let set = |rules: &mut Ruleset| {
                let done = rules.set_actions(kind.clone(), &id, actions.clone());
                done.map_err(|_| no_such_rule())
            };
            changed(&matrix, &access, set).await
        }
        _ => Err(unknown_part()),
    }
}

pub(crate) async fn delete(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((kind, id)): Segments<(String, String)>,
) -> Answer {
    let kind = known_kind(&kind)?;
    let remove = |rules: &mut Ruleset| rules.remove(kind.clone(), &id).map_err(not_removed);
    changed(&matrix, &access, remove).await
}

async fn rule(
    matrix: &Matrix,
    access: &Access,
    (kind, id): (&str, &str),
) -> Result<Value, Failure> {
    known_kind(kind)?;
    let content = push::content(&push::ruleset(matrix, access.user).await?)?.value();
    let list = content
        .get("global")
        .and_then(|global| global.get(kind))
        .and_then(Value::as_array);
    let found = list
        .into_iter()
        .flatten()
        .find(|rule| rule.get("rule_id").and_then(Value::as_str) == Some(id));
    found.cloned().ok_or_else(no_such_rule)
}

/// Changes the rules; what another client changes meanwhile stays.
async fn changed(
    matrix: &Matrix,
    access: &Access,
    change: impl Fn(&mut Ruleset) -> Result<(), Failure>,
) -> Answer {
    let edit = |stored| {
        let mut rules = push::with_defaults(matrix, access.user, stored)?;
        change(&mut rules)?;
        push::content(&rules).map(Some)
    };
    datum::change(matrix, access, (None, push::KIND), edit).await?;
    Ok(Reply::empty())
}

fn new_rule(kind: RuleKind, id: String, new: NewRule) -> Result<NewPushRule, Failure> {
    let NewRule {
        actions,
        conditions,
        pattern,
    } = new;
    Ok(match kind {
        RuleKind::Override => {
            NewPushRule::Override(NewConditionalPushRule::new(id, conditions, actions))
        }
        RuleKind::Underride => {
            NewPushRule::Underride(NewConditionalPushRule::new(id, conditions, actions))
        }
        RuleKind::Content => {
            let pattern = pattern.ok_or_else(|| Failure::missing("pattern"))?;
            NewPushRule::Content(NewPatternedPushRule::new(id, pattern, actions))
        }
        RuleKind::Room => {
            let room = ruma::RoomId::parse(&id)
                .map_err(|_| Failure::invalid("the rule's id is not a room id"))?;
            NewPushRule::Room(NewSimplePushRule::new(room, actions))
        }
        RuleKind::Sender => {
            let sender = ruma::UserId::parse(&id)
                .map_err(|_| Failure::invalid("the rule's id is not a user id"))?;
            NewPushRule::Sender(NewSimplePushRule::new(sender, actions))
        }
        _ => return Err(no_such_kind()),
    })
}

fn known_kind(kind: &str) -> Result<RuleKind, Failure> {
    match kind {
        "override" => Ok(RuleKind::Override),
        "underride" => Ok(RuleKind::Underride),
        "content" => Ok(RuleKind::Content),
        "room" => Ok(RuleKind::Room),
        "sender" => Ok(RuleKind::Sender),
        _ => Err(no_such_kind()),
    }
}

fn not_inserted(error: InsertPushRuleError) -> Failure {
    if matches!(error, InsertPushRuleError::UnknownRuleId) {
        return no_such_rule();
    }
    Failure::invalid(error.to_string())
}

fn not_removed(error: RemovePushRuleError) -> Failure {
    if matches!(error, RemovePushRuleError::ServerDefault) {
        return Failure::invalid("default rules can't be removed");
    }
    no_such_rule()
}

fn no_such_kind() -> Failure {
    Failure::invalid("no such kind of push rule")
}

fn no_such_rule() -> Failure {
    Failure::not_found("no such push rule")
}

fn unknown_part() -> Failure {
    Failure::new(404, ErrorCode::Unrecognized, "push rules have no such part")
}
