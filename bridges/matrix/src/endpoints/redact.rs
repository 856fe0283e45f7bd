//! `PUT /rooms/{roomId}/redact/{eventId}/{txnId}`: takes an event's content away.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Command;
use polylogue_hub::Request;

use super::membership::Reason;
use super::send::sent;
use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{OptionalBody, Segments};

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room_id, target, transaction)): Segments<(String, String, String)>,
    OptionalBody(Reason { reason }): OptionalBody<Reason>,
) -> Answer {
    redact(
        &matrix,
        &access,
        Redaction {
            room_id: &room_id,
            target: &target,
            transaction: &transaction,
            reason,
        },
    )
    .await
}

/// What is to be redacted.
pub(crate) struct Redaction<'a> {
    pub(crate) room_id: &'a str,
    pub(crate) target: &'a str,
    pub(crate) transaction: &'a str,
    pub(crate) reason: Option<Arc<str>>,
}

pub(crate) async fn redact(matrix: &Matrix, access: &Access, what: Redaction<'_>) -> Answer {
    let room = matrix.room(what.room_id)?;
    let target = matrix.event_ref(access.user, room, what.target).await?;
    let command = Command::Redact {
        room,
        target,
        reason: what.reason,
    };
    let request = Request::new(access.actor(), command).once(
        access.device,
        "redact",
        (what.room_id, what.transaction),
    );
    let open = matrix.transactions.open(access.device, what.transaction);
    let receipt = matrix.hub.submit(request).await?;
    open.done(&receipt);
    sent(matrix, &receipt)
}
