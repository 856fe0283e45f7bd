//! `say`: something in a room.

use polylogue_core::body::Text;
use polylogue_core::command::Destination;
use polylogue_core::{Body, Command, EventRef, Form, Message, Relation, RoomId, UserId};
use polylogue_native::request::speech::{Mentions, Say};
use polylogue_native::text::{Html, Text as Plain};
use polylogue_native::{Error, ErrorCode, EventId, Key, TextKind};

use super::target::{message_in, reference};
use super::{Answered, Asked};
use crate::client::Client;

/// Says it.
pub(super) async fn say(client: &Client, request: Say) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let relation = relation(
        client,
        room,
        (request.reply_to.as_ref(), request.thread.as_ref()),
    )
    .await?;
    let words = Words {
        kind: request.kind,
        text: request.text,
        html: request.html,
        mentions: request.mentions,
    };
    let message = words.message(client, relation)?;
    let asked = client.about(room, said(Destination::Room(room), message), Answered::Sent)?;
    client.once(asked, "say", (room.0, request.key))
}

/// What `say`, `dm` and `edit` have in common.
pub(super) struct Words {
    pub(super) kind: TextKind,
    pub(super) text: Plain,
    pub(super) html: Option<Html>,
    pub(super) mentions: Mentions,
}

impl Words {
    /// The message as its author wrote it.
    pub(super) fn message(
        self,
        client: &Client,
        relation: Option<Relation>,
    ) -> Result<Message, Error> {
        let mut mentions: Vec<UserId> = Vec::new();
        for (index, name) in self.mentions.as_slice().iter().enumerate() {
            let user = client.user(name, &format!("mentions[{index}]"))?;
            if !mentions.contains(&user) {
                mentions.push(user);
            }
        }
        let kind = match self.kind {
            TextKind::Text => polylogue_core::TextKind::Text,
            TextKind::Notice => polylogue_core::TextKind::Notice,
            TextKind::Action => polylogue_core::TextKind::Action,
        };
        let form = Form::Native {
            text: self.text.into(),
            html: self.html.map(Into::into),
        };
        Ok(Message {
            body: Body::Text(Text { kind, form }),
            relation,
            mentions: mentions.into(),
        })
    }
}

/// The command that says something.
pub(super) fn said(to: Destination, message: Message) -> Command {
    Command::Say(polylogue_core::command::Say { to, message })
}

/// What a message refers to: an answer, a thread, an answer in a thread.
pub(super) async fn relation(
    client: &Client,
    room: RoomId,
    (reply_to, thread): (Option<&EventId>, Option<&EventId>),
) -> Result<Option<Relation>, Error> {
    let reply = match reply_to {
        Some(id) => Some(reference(&client.event(room, id, "reply_to").await?)),
        None => None,
    };
    let Some(thread) = thread else {
        return Ok(reply.map(Relation::Reply));
    };
    let root = root(client, room, thread).await?;
    Ok(Some(Relation::Thread { root, reply }))
}

/// The first event of a thread, which is in no thread itself.
async fn root(client: &Client, room: RoomId, id: &EventId) -> Result<EventRef, Error> {
    let event = client.event(room, id, "thread").await?;
    let relation = message_in(&event).and_then(|message| message.relation);
    if matches!(relation, Some(Relation::Thread { .. })) {
        let message = "is not the first event of its thread";
        return Err(Error::in_field(ErrorCode::BadValue, "thread", message));
    }
    Ok(reference(&event))
}

impl Client {
    /// With an exactly-once key, if the request has one. `target` is the number of the room or the user that it goes to.
    pub(super) fn once(
        &self,
        asked: Asked,
        operation: &str,
        (target, key): (u32, Option<Key>),
    ) -> Result<Asked, Error> {
        let (Some(key), Some(device)) = (key, self.session()?.device()) else {
            return Ok(asked);
        };
        let Asked { request, about } = asked;
        let request = request.once(device, operation, (&target.to_string(), key.as_str()));
        Ok(Asked { request, about })
    }
}
