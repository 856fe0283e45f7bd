//! `POST /rooms/{roomId}/receipt/{receiptType}/{eventId}` and `POST /rooms/{roomId}/read_markers`: what was read.
//!
//! A room has one mark for the account itself and one that others see. A receipt for a thread moves the same marks: reading on IRC knows no
//! threads either.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::event::ReadAudience;
use polylogue_core::{Command, RoomId};
use polylogue_hub::Request;
use serde::Deserialize;

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, OptionalBody, Reply, Segments};

#[derive(Deserialize)]
pub(crate) struct Receipt {
    thread_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Markers {
    #[serde(rename = "m.fully_read")]
    fully_read: Option<String>,
    #[serde(rename = "m.read")]
    read: Option<String>,
    #[serde(rename = "m.read.private")]
    read_private: Option<String>,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, kind, event_id)): Segments<(String, String, String)>,
    OptionalBody(receipt): OptionalBody<Receipt>,
) -> Answer {
    let audience = match kind.as_str() {
        "m.read" => ReadAudience::Room,
        "m.read.private" | "m.fully_read" => ReadAudience::Own,
        _ => return Err(Failure::invalid("no such type of receipt")),
    };
    match receipt.thread_id.as_deref() {
        Some("") => return Err(Failure::invalid("thread_id is empty")),
        Some(_) if kind == "m.fully_read" => {
            return Err(Failure::invalid("m.fully_read has no threads"));
        }
        Some(_) | None => {}
    }
    mark(&matrix, &access, (matrix.room(&room)?, &event_id, audience)).await?;
    Ok(Reply::empty())
}

pub(crate) async fn markers(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Body(markers): Body<Markers>,
) -> Answer {
    let room = matrix.room(&room)?;
    let marks = [
        (markers.read, ReadAudience::Room),
        (markers.read_private, ReadAudience::Own),
        (markers.fully_read, ReadAudience::Own),
    ];
    for (event_id, audience) in marks {
        if let Some(event_id) = event_id {
            mark(&matrix, &access, (room, &event_id, audience)).await?;
        }
    }
    Ok(Reply::empty())
}

async fn mark(
    matrix: &Matrix,
    access: &Access,
    (room, event_id, audience): (RoomId, &str, ReadAudience),
) -> Result<(), Failure> {
    let event = matrix.event(access.user, room, event_id).await?;
    matrix
        .hub
        .submit(Request::new(
            access.actor(),
            Command::MarkRead {
                room,
                up_to: event.sequence,
                time: event.at,
                audience,
            },
        ))
        .await?;
    Ok(())
}
