//! Whom the actor does not want to hear (IRC `SILENCE`). Who is named is on the list that all his clients share; other masks are kept beside it.

use std::sync::Arc;

use super::{Deciding, Decision, Outcome, document};
use crate::command::{Direction, PutCondition};
use crate::ignore::{Ignores, MASKS, USERS};
use crate::limits;
use crate::mask;
use crate::refusal::Refusal;

/// Puts a mask on the list, or takes it off.
pub(super) fn silence(
    at: Deciding<'_>,
    mask: Arc<str>,
    direction: Direction,
) -> Result<Decision, Refusal> {
    let user = at.account()?.id;
    if mask.is_empty() || mask.len() > limits::STATE_KEY {
        return Err(Refusal::Invalid { what: "mask" });
    }
    let state = &at.world.state;
    let none = Arc::default();
    let ignores: &Arc<Ignores> = state.ignores.get(&user).unwrap_or(&none);
    let named = mask::named_account(at.world, &mask).filter(|named| *named != user);
    let name = named.and_then(|named| at.world.name_of(named));
    let (kind, content) = match name {
        Some(name) => (
            USERS,
            ignores.with_user(&state.server_name, (name.localpart(), direction)),
        ),
        None => (MASKS, ignores.with_mask(&mask, direction)),
    };
    let Some(content) = content else {
        return Ok(Decision::nothing(Outcome::Done));
    };
    if direction == Direction::Add && ignores.count() >= limits::SILENCED {
        return Err(Refusal::TooMany {
            what: "silenced masks",
            limit: limits::SILENCED,
        });
    }
    document::set_account_data(at, (None, kind.into()), content, PutCondition::Always)
}
