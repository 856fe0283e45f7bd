//! `PUT /rooms/{roomId}/send/{eventType}/{txnId}`: says something, once however often it is sent.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::body::Relation;
use polylogue_core::command::{Destination, Say};
use polylogue_core::{Body, Command, Json, Message, Refusal, RoomId};
use polylogue_hub::{Receipt, Request};
use polylogue_matrix::content::REDACTION;
use polylogue_matrix::error::ErrorCode;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Content, Reply, Segments};
use crate::message;

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room_id, kind, transaction)): Segments<(String, String, String)>,
    Content(content): Content,
) -> Answer {
    let room = matrix.room(&room_id)?;
    if kind == REDACTION {
        return redaction(&matrix, &access, (&room_id, &transaction, &content)).await;
    }
    let message = message::read(&matrix, &access, (room, &kind, content)).await?;
    let given = is_given(&matrix, &access, (room, &message)).await?;
    let command = Command::Say(Say {
        to: Destination::Room(room),
        message,
    });
    let request =
        Request::new(access.actor(), command).once(access.device, "send", (&room_id, &transaction));
    // The request that gave it gets its answer again, however much later it is repeated.
    if given && !matrix.hub.is_answered(&request).await? {
        let words = "you gave this reaction already";
        return Err(Failure::new(400, ErrorCode::DuplicateAnnotation, words));
    }
    let open = matrix.transactions.open(access.device, &transaction);
    let receipt = matrix.hub.submit(request).await?;
    open.done(&receipt);
    sent(&matrix, &receipt)
}

/// Whether a message is a reaction that its sender has given already (Matrix client-server API "Annotating events").
async fn is_given(
    matrix: &Matrix,
    access: &Access,
    (room, message): (RoomId, &Message),
) -> Result<bool, Failure> {
    let (Body::Reaction(key), Some(Relation::Reaction(target))) = (&message.body, message.relation)
    else {
        return Ok(false);
    };
    let given = matrix
        .hub
        .own_reaction((access.user, room), (target.sequence, key))
        .await?;
    Ok(given.is_some())
}

/// The id of the event that a command made.
pub(crate) fn sent(matrix: &Matrix, receipt: &Receipt) -> Answer {
    let event = receipt.event.ok_or(Refusal::Internal)?;
    Ok(Reply(
        json!({ "event_id": matrix.event_id(event.position) }),
    ))
}

/// Since room version 11 a redaction is an event like others: what it redacts is in its content (MSC2174).
async fn redaction(
    matrix: &Matrix,
    access: &Access,
    (room_id, transaction, content): (&str, &str, &Json),
) -> Answer {
    let content = content.value();
    let target = content
        .get("redacts")
        .and_then(Value::as_str)
        .ok_or_else(|| Failure::bad_json("redacts is missing"))?;
    let reason = content.get("reason").and_then(Value::as_str).map(Arc::from);
    super::redact::redact(
        matrix,
        access,
        super::redact::Redaction {
            room_id,
            target,
            transaction,
            reason,
        },
    )
    .await
}
