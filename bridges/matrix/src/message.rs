//! A message event of a client as the core takes it: what was said, what it refers to, whom it mentions. The content stays as it came.

use polylogue_core::body::{Content, Form, Relation, Text, TextKind};
use polylogue_core::{Body, Json, Message, Refusal, RoomId};
use polylogue_matrix::content::{self, ContentError, Kind};

use crate::Matrix;
use crate::access::Access;
use crate::error::Failure;

/// Reads what a client sends into a room. Every event that it refers to must be one of that room which the sender may see.
pub(crate) async fn read(
    matrix: &Matrix,
    access: &Access,
    (room, kind, json): (RoomId, &str, Json),
) -> Result<Message, Failure> {
    let value = json.value();
    let form = |kind| {
        Body::Text(Text {
            kind,
            form: Form::Matrix(json.clone()),
        })
    };
    let whole = || Content {
        kind: kind.into(),
        content: json.clone(),
    };
    let body = match content::kind(kind, &value).map_err(malformed)? {
        Kind::Text => form(TextKind::Text),
        Kind::Notice => form(TextKind::Notice),
        Kind::Emote => form(TextKind::Action),
        Kind::Media => Body::Media(whole()),
        Kind::Encrypted => Body::Sealed(whole()),
        Kind::Reaction(key) => Body::Reaction(key.into()),
        Kind::Other => Body::Unknown(whole()),
    };
    let relation = match content::relation(&value).map_err(malformed)? {
        Some(relation) => Some(resolve(matrix, access, (room, relation)).await?),
        None => None,
    };
    let world = matrix.hub.world();
    let mentions = content::mentions(&value)
        .filter_map(|user_id| matrix.find_user(&world, user_id))
        .collect();
    Ok(Message {
        body,
        relation,
        mentions,
    })
}

async fn resolve(
    matrix: &Matrix,
    access: &Access,
    (room, relation): (RoomId, content::Relation<'_>),
) -> Result<Relation, Failure> {
    let find = async |event_id: &str| matrix.event_ref(access.user, room, event_id).await;
    Ok(match relation {
        content::Relation::Reply(target) => Relation::Reply(find(target).await?),
        content::Relation::Thread { root, reply } => {
            let reply = match reply {
                Some(reply) => Some(find(reply).await?),
                None => None,
            };
            Relation::Thread {
                root: find(root).await?,
                reply,
            }
        }
        content::Relation::Replace(target) => {
            let target = find(target).await?;
            // Matrix client-server API "Validity of replacement events": the sender is the same.
            if target.author != access.user {
                return Err(Refusal::Forbidden.into());
            }
            Relation::Edit(target)
        }
        content::Relation::Annotation { target, .. } => Relation::Reaction(find(target).await?),
    })
}

fn malformed(error: ContentError) -> Failure {
    Failure::bad_json(error.to_string())
}
