//! What a reply to `GET /sync` is made from, and its parts (Matrix client-server API "Syncing"). Arrays and objects that hold nothing are there
//! all the same: clients take absence for an error, or for a number that fell to zero.

use std::collections::BTreeMap;

use polylogue_core::room::Room;
use polylogue_core::user::ReadMark;
use polylogue_core::{Position, Refusal, RoomId, UserId};
use polylogue_matrix::filter::admits_type;
use ruma::api::client::filter::{Filter, FilterDefinition, RoomEventFilter, RoomFilter};
use serde_json::{Map, Value, json};

use super::devices::DeviceLists;
use super::room::{self, Entered, Moved, Section};
use super::source::{Changes, RoomChanges};
use super::watch::Watch;
use crate::Matrix;
use crate::access::Access;
use crate::endpoints::presence;
use crate::error::Failure;
use crate::extract::Reply;
use crate::keys::KeysLeft;
use crate::unsigned::Reading;
use crate::wishes::Wishes;
use crate::{direct, push};

/// What a reply is made from.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) matrix: &'a Matrix,
    pub(crate) access: &'a Access,
    pub(crate) watch: &'a Watch,
    pub(crate) changes: &'a Changes,
    pub(crate) filter: &'a FilterDefinition,
    pub(crate) wishes: &'a Wishes,
    pub(crate) full_state: bool,
}

impl Scene<'_> {
    /// Up to where the user has read a room.
    pub(crate) fn own_mark(&self, room: RoomId) -> ReadMark {
        let user = self.changes.world.state.user(self.access.user);
        user.map_or_else(ReadMark::default, |user| user.mark(room))
    }

    /// How a room's events are shown.
    pub(crate) fn reading(&self, room: RoomId) -> Reading<'_> {
        Reading {
            matrix: self.matrix,
            world: &self.changes.world,
            access: self.access,
            room,
        }
    }
}

/// The parts of a reply.
pub(super) struct Parts {
    pub(super) up_to: Position,
    pub(super) rooms: Rooms,
    pub(super) account_data: Vec<Value>,
    pub(super) presence: Vec<Value>,
    pub(super) to_device: Vec<Value>,
    pub(super) lists: DeviceLists,
    pub(super) keys: KeysLeft,
}

impl Parts {
    pub(super) fn empty(up_to: Position, keys: KeysLeft) -> Self {
        Self {
            up_to,
            rooms: Rooms::new(),
            account_data: Vec::new(),
            presence: Vec::new(),
            to_device: Vec::new(),
            lists: DeviceLists::default(),
            keys,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rooms.values().all(Map::is_empty)
            && self.account_data.is_empty()
            && self.presence.is_empty()
            && self.to_device.is_empty()
            && self.lists.is_empty()
    }

    pub(super) fn reply(mut self, matrix: &Matrix) -> Reply {
        for section in ["join", "invite", "knock", "leave"] {
            self.rooms.entry(section).or_default();
        }
        Reply(json!({
            "next_batch": matrix.token(self.up_to),
            "rooms": self.rooms,
            "account_data": { "events": self.account_data },
            "presence": { "events": self.presence },
            "to_device": { "events": self.to_device },
            "device_lists": self.lists.shown(matrix),
            "device_one_time_keys_count": self.keys.counts(),
            "device_unused_fallback_key_types": self.keys.fallback,
        }))
    }
}

/// Rooms by section.
type Rooms = BTreeMap<&'static str, Map<String, Value>>;

impl Scene<'_> {
    /// The rooms, and whether the user came into a direct conversation, or one of his may be none any more.
    pub(super) async fn rooms(
        &self,
        changed: BTreeMap<RoomId, RoomChanges>,
        lists: &mut DeviceLists,
    ) -> Result<(Rooms, bool), Failure> {
        let mut rooms = Rooms::new();
        let mut new_direct = false;
        for (id, changes) in changed {
            let room_id = self.matrix.room_id(id);
            if !admits(&self.filter.room, &room_id) {
                continue;
            }
            let room = match self.changes.world.state.room(id) {
                Some(room) => room.clone(),
                None => match self.matrix.hub.room(id).await {
                    Ok(room) => room,
                    // It was never there, or is damaged: that must not cost the user his other rooms.
                    Err(Refusal::NoSuchRoom | Refusal::Quarantined(_)) => continue,
                    Err(refusal) => return Err(refusal.into()),
                },
            };
            let section = room::section(self, &room, &changes).await?;
            if let Some(Section::Join(_, _, Moved::Perhaps) | Section::Leave(_)) = &section {
                self.note_moves(&room, lists).await?;
            }
            let (name, shown) = match section {
                None => continue,
                Some(Section::Join(shown, entered, moved)) => {
                    let is_direct = direct::peer(&room, self.access.user).is_some();
                    let was_opened = room.state.kind != room.state.creation.kind;
                    new_direct |= (entered == Entered::Now && is_direct)
                        || (moved == Moved::Perhaps && was_opened);
                    ("join", shown)
                }
                Some(Section::Invite(shown)) => ("invite", shown),
                Some(Section::Knock(shown)) => ("knock", shown),
                Some(Section::Leave(shown)) => ("leave", shown),
            };
            rooms.entry(name).or_default().insert(room_id, shown);
            tokio::task::yield_now().await;
        }
        Ok((rooms, new_direct))
    }

    /// Notes who came into a room or went out of it since the token.
    async fn note_moves(&self, room: &Room, lists: &mut DeviceLists) -> Result<(), Failure> {
        let Some(since) = self.changes.since else {
            return Ok(());
        };
        let since = self.matrix.hub.sequence_at(room.state.id, since).await?;
        lists.moved(&self.changes.world, room, (self.access.user, since));
        Ok(())
    }

    /// Global account data. Push rules and direct conversations are there from the start, whatever the user stored.
    pub(super) async fn account_data(&self, new_direct: bool) -> Result<Vec<Value>, Failure> {
        let (filter, user) = (as_room_filter(&self.filter.account_data), self.access.user);
        let stored: BTreeMap<_, _> = self.changes.account_data.iter().cloned().collect();
        let mut all: BTreeMap<String, Value> = stored
            .iter()
            .map(|(kind, content)| (kind.clone(), content.value()))
            .collect();
        let is_first = self.changes.since.is_none();
        if is_first || all.contains_key(push::KIND) {
            let rules = push::ruleset(self.matrix, user).await?;
            all.insert(push::KIND.to_owned(), push::content(&rules)?.value());
        }
        if is_first || new_direct || all.contains_key(direct::KIND) {
            let known = match all.remove(direct::KIND) {
                Some(known) => Some(known),
                None => direct::stored(self.matrix, user).await?,
            };
            let merged = direct::merged(self.matrix, (&self.changes.world, user), known);
            all.insert(direct::KIND.to_owned(), merged.unwrap_or_else(|| json!({})));
        }
        let wanted = all
            .into_iter()
            .filter(|(kind, _)| admits_type(&filter, kind));
        Ok(wanted
            .map(|(kind, content)| json!({ "type": kind, "content": content }))
            .collect())
    }

    pub(super) fn presence(&self) -> Vec<Value> {
        let world = &self.changes.world;
        let filter = as_room_filter(&self.filter.presence);
        let shown = |user: &UserId| {
            json!({
                "type": "m.presence",
                "sender": self.matrix.user_id(world, *user),
                "content": presence::content(world, *user),
            })
        };
        let all = self.changes.presence.iter().map(shown);
        all.filter(|event| polylogue_matrix::filter::admits(&filter, event))
            .collect()
    }
}

fn admits(filter: &RoomFilter, room_id: &str) -> bool {
    let hit = |rooms: &[ruma::OwnedRoomId]| rooms.iter().any(|room| room == room_id);
    filter.rooms.as_deref().is_none_or(hit) && !hit(&filter.not_rooms)
}

/// The same wishes in the form in which they are applied.
fn as_room_filter(filter: &Filter) -> RoomEventFilter {
    let mut wishes = RoomEventFilter::default();
    wishes.types.clone_from(&filter.types);
    wishes.not_types.clone_from(&filter.not_types);
    wishes.senders.clone_from(&filter.senders);
    wishes.not_senders.clone_from(&filter.not_senders);
    wishes
}
