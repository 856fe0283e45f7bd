//! Changing a value of account data that says several things: what another client changed meanwhile is kept.

use polylogue_core::command::PutCondition;
use polylogue_core::document::DocumentKey;
use polylogue_core::{Command, Json, Position, Refusal, RoomId};
use polylogue_hub::Request;

use crate::Matrix;
use crate::access::Access;
use crate::error::Failure;

/// How often a change is tried that others get ahead of.
const ATTEMPTS: usize = 16;

/// Gives `edit` what is stored, and stores what it makes of that; nothing makes no change.
pub(crate) async fn change(
    matrix: &Matrix,
    access: &Access,
    (room, kind): (Option<RoomId>, &str),
    edit: impl Fn(Option<Json>) -> Result<Option<Json>, Failure>,
) -> Result<(), Failure> {
    let key = DocumentKey::AccountData(room, kind.into());
    let mut last = Refusal::Unavailable;
    for _ in 0..ATTEMPTS {
        // The version before the value: one that is newer than its version is not taken for the last one.
        let world = matrix.hub.world();
        let user = world.state.user(access.user);
        let version = user.map_or(Position(0), |user| user.documents.version(&key));
        let stored = matrix.hub.account_datum(access.user, room, kind).await?;
        let Some(content) = edit(stored)? else {
            return Ok(());
        };
        let command = Command::SetAccountData {
            room,
            kind: kind.into(),
            content,
            condition: PutCondition::Version(version),
        };
        let request = Request::new(access.actor(), command);
        match matrix.hub.submit(request).await {
            Ok(_) => return Ok(()),
            Err(refusal @ Refusal::Conflict { .. }) => last = refusal,
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Err(last.into())
}
