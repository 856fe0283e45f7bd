//! What an event says to one reader at one moment: its age, the transaction by which his device sent it, what it took the place of, and what
//! was said of it since (`unsigned`, Matrix client-server API "Room event format", "Aggregations of child events").

use polylogue_core::state::World;
use polylogue_core::{RoomChange, RoomId, UserId};
use polylogue_hub::{Related, Thread, VisibleEvent};
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::{Access, now};
use crate::error::Failure;
use crate::render::client_event;

/// Who reads which room, as it is in which world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) matrix: &'a Matrix,
    pub(crate) world: &'a World,
    pub(crate) access: &'a Access,
    pub(crate) room: RoomId,
}

impl Reading<'_> {
    /// An event without what only some replies say of it.
    pub(crate) fn event(&self, event: &VisibleEvent) -> Value {
        let mut shown = client_event(self.matrix, self.world, (self.room, event));
        set(&mut shown, self.own(event));
        shown
    }

    /// Completes the events of a timeline.
    pub(crate) async fn complete(
        &self,
        events: &mut [(VisibleEvent, Value)],
    ) -> Result<(), Failure> {
        let asked = (self.access.user, self.room);
        let plain = events.iter().map(|(event, _)| event);
        let related = self.matrix.hub.related(asked, plain).await?;
        for ((event, shown), related) in events.iter_mut().zip(related) {
            set(shown, self.unsigned(event, related));
        }
        Ok(())
    }

    /// The same for events that were not rendered yet.
    pub(crate) async fn events(&self, events: Vec<VisibleEvent>) -> Result<Vec<Value>, Failure> {
        let rendered = events.into_iter().map(|event| {
            let shown = client_event(self.matrix, self.world, (self.room, &event));
            (event, shown)
        });
        let mut events: Vec<_> = rendered.collect();
        self.complete(&mut events).await?;
        Ok(events.into_iter().map(|(_, shown)| shown).collect())
    }

    fn unsigned(&self, event: &VisibleEvent, related: Related) -> Map<String, Value> {
        let mut unsigned = self.own(event);
        let mut put = |name: &str, value: Value| unsigned.insert(name.to_owned(), value);
        if let Some(replaced) = related.replaced {
            put(
                "replaces_state",
                self.matrix.event_id(replaced.position).into(),
            );
            let mut replaced = self.event(&replaced);
            put("prev_sender", taken(&mut replaced, "sender"));
            put("prev_content", taken(&mut replaced, "content"));
        }
        if matches!(event.change, RoomChange::Redacted(_)) {
            let because = related.redaction.map(|redaction| self.event(&redaction));
            put(
                "redacted_because",
                because.unwrap_or_else(|| self.unknown_redaction(event)),
            );
        }
        let mut relations = Map::new();
        let edit = related.edit.map(|edit| self.event(&edit));
        relations.extend(edit.map(|edit| ("m.replace".to_owned(), edit)));
        let thread = related.thread.map(|thread| self.thread(&thread));
        relations.extend(thread.map(|thread| ("m.thread".to_owned(), thread)));
        if !relations.is_empty() {
            put("m.relations", Value::Object(relations));
        }
        unsigned
    }

    /// What follows from the event alone.
    fn own(&self, event: &VisibleEvent) -> Map<String, Value> {
        let age = now().0.saturating_sub(event.at.0);
        let mut unsigned = Map::from_iter([("age".to_owned(), age.into())]);
        if event.sender == self.access.user {
            let device = self.access.device;
            let transaction = self.matrix.transactions.of(device, event.position);
            unsigned.extend(transaction.map(|id| ("transaction_id".to_owned(), Value::from(&*id))));
        }
        unsigned
    }

    fn thread(&self, thread: &Thread) -> Value {
        let mut latest = self.event(&thread.latest);
        if let Some(edit) = &thread.edit {
            let mut unsigned = self.own(&thread.latest);
            let relations = json!({ "m.replace": self.event(edit) });
            unsigned.insert("m.relations".to_owned(), relations);
            set(&mut latest, unsigned);
        }
        json!({
            "latest_event": latest,
            "count": thread.count,
            "current_user_participated": thread.took_part,
        })
    }

    /// Clients know a redacted event by its `redacted_because` alone. Where the reader may not see the redaction, this one says no more than
    /// that there was one: by the server, under the id of the event itself.
    fn unknown_redaction(&self, event: &VisibleEvent) -> Value {
        let id = self.matrix.event_id(event.position);
        json!({
            "type": polylogue_matrix::content::REDACTION,
            "event_id": id,
            "sender": self.matrix.user_id(self.world, UserId::SERVER),
            "origin_server_ts": event.at.0,
            "content": { "redacts": id },
            "redacts": id,
            "unsigned": {},
        })
    }
}

fn set(shown: &mut Value, unsigned: Map<String, Value>) {
    if let Value::Object(shown) = shown {
        shown.insert("unsigned".to_owned(), Value::Object(unsigned));
    }
}

fn taken(event: &mut Value, field: &str) -> Value {
    event.get_mut(field).map(Value::take).unwrap_or_default()
}
