//! `GET /sync` (Matrix client-server API "Syncing"): what changed, as its reply shows it. Arrays and objects that hold nothing are there all
//! the same: clients take absence for an error, or for a number that fell to zero.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use polylogue_core::room::Room;
use polylogue_core::user::ReadMark;
use polylogue_core::{Position, Refusal, RoomId, UserId};
use polylogue_matrix::error::{ErrorCode, ErrorReply};
use polylogue_matrix::filter::admits_type;
use ruma::api::client::filter::{Filter, FilterDefinition, RoomEventFilter, RoomFilter};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::devices::{self, DeviceLists};
use super::room::{self, Entered, Moved, Section};
use super::source::{self, Changes, Look};
use super::watch::{Shown, Waited, Watch};
use crate::Matrix;
use crate::access::Access;
use crate::endpoints::{filter, presence};
use crate::error::{Answer, Failure};
use crate::extract::{Reply, shape};
use crate::unsigned::Reading;
use crate::wishes::{self, Wishes};
use crate::{direct, keys, push};

/// How long a request waits for news at most.
const LONGEST: Duration = Duration::from_secs(120);
/// Characters of a token of ours.
const TOKEN: usize = 22;

/// The query.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    filter: Option<String>,
    since: Option<String>,
    full_state: Option<String>,
    set_presence: Option<String>,
    timeout: Option<u64>,
}

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

/// Answers with what is new, or waits for it.
pub(crate) async fn sync(matrix: &Matrix, access: &Access, request: Request) -> Answer {
    let since = position(matrix, request.since.as_deref())?;
    let filter = filter_of(matrix, access, request.filter.as_deref()).await?;
    let presence = request.set_presence.as_deref();
    let presence = presence.map(presence::named).transpose()?;
    let shown = presence.map(|presence| Shown {
        presence,
        status: None,
    });
    let full_state = request.full_state.as_deref() == Some("true");
    let timeout = Duration::from_millis(request.timeout.unwrap_or(0)).min(LONGEST);
    let until = Instant::now() + timeout;
    let watch = matrix.sync.of(&matrix.hub, access, shown).await?;
    let turn = watch.begin();
    if let Some(since) = since {
        watch.told(since);
        devices::acknowledge(matrix, access, since).await?;
    }
    let waiting = Waiting {
        matrix,
        access,
        watch: &watch,
        filter: &filter,
        full_state,
    };
    let reply = waiting.reply(since, (turn, until)).await;
    watch.end();
    reply
}

struct Waiting<'a> {
    matrix: &'a Matrix,
    access: &'a Access,
    watch: &'a Arc<Watch>,
    filter: &'a FilterDefinition,
    full_state: bool,
}

impl Waiting<'_> {
    /// Nothing of the state is held while it waits.
    async fn reply(&self, mut since: Option<Position>, (turn, until): (u64, Instant)) -> Answer {
        loop {
            // On the heap only while it works: a request that waits is small.
            let (reply, up_to, is_news) = Box::pin(self.now(since)).await?;
            // Looked at last: a session's end comes right behind its last news.
            if self.watch.is_over() || !self.is_logged_in() {
                return Err(self.ended());
            }
            if is_news || self.full_state || since.is_none() {
                return Ok(reply);
            }
            since = Some(up_to);
            let waited = tokio::select! {
                waited = self.watch.wait(turn, until) => waited,
                () = self.matrix.sync.stopping.cancelled() => Waited::Enough,
            };
            match waited {
                Waited::News => {}
                Waited::Enough => return Ok(reply),
            }
        }
    }

    fn is_logged_in(&self) -> bool {
        let world = self.matrix.hub.world();
        let user = world.state.user(self.access.user);
        user.is_some_and(|user| user.device(self.access.device).is_some())
    }

    /// A session ends with its device, or by a fault after which the client may come back.
    fn ended(&self) -> Failure {
        if self.is_logged_in() {
            return Refusal::Unavailable.into();
        }
        let (code, message) = (ErrorCode::UnknownToken, "this access token is not in force");
        Failure::Error(ErrorReply::new(401, code, message).with("soft_logout", false))
    }

    /// What is new at this moment: the reply, where it ends, and whether there is anything in it.
    async fn now(&self, since: Option<Position>) -> Result<(Reply, Position, bool), Failure> {
        let is_known = since.is_some_and(|since| self.watch.knows(since));
        let anew = self.full_state || since.is_none();
        let look = match is_known && !anew {
            true => Look::Changed,
            false if anew && self.filter.room.include_leave => Look::AllAndLeft,
            false => Look::All,
        };
        let _place = match look {
            Look::Changed => None,
            Look::All | Look::AllAndLeft => {
                let place = self.matrix.sync.large.acquire().await;
                Some(place.map_err(|_| Refusal::Unavailable)?)
            }
        };
        let who = (&**self.watch, self.access.user);
        let mut changes = source::changes(self.matrix, who, (since, look)).await?;
        if !changes.rooms.is_empty() {
            self.matrix.transactions.settle(self.access.device).await;
        }
        let span = (since, changes.up_to);
        let (to_device, up_to) = devices::messages(self.matrix, self.access, span).await?;
        changes.up_to = up_to;
        let mut lists = since.map_or_else(DeviceLists::default, |since| {
            DeviceLists::of_keys(&changes.world, self.access.user, since)
        });
        let rooms = std::mem::take(&mut changes.rooms);
        let wishes = self.wishes(&changes).await?;
        let scene = Scene {
            matrix: self.matrix,
            access: self.access,
            watch: self.watch,
            changes: &changes,
            filter: self.filter,
            wishes: &wishes,
            full_state: self.full_state,
        };
        let (rooms, new_direct) = scene.rooms(rooms, &mut lists).await?;
        lists.settle(&changes.world, self.access.user);
        let account_data = scene.account_data(new_direct).await?;
        let presence = scene.presence();
        let counts = keys::counts(self.matrix, self.access);
        let fallback = self
            .matrix
            .hub
            .unused_fallback_types(self.access.user, self.access.device);
        let keys_changed = self.watch.shows_keys(&counts, &fallback);
        let is_news = rooms.values().any(|rooms| !rooms.is_empty())
            || !account_data.is_empty()
            || !presence.is_empty()
            || !to_device.is_empty()
            || !lists.is_empty()
            || keys_changed;
        let reply = json!({
            "next_batch": self.matrix.token(changes.up_to),
            "rooms": rooms,
            "account_data": { "events": account_data },
            "presence": { "events": presence },
            "to_device": { "events": to_device },
            "device_lists": lists.shown(self.matrix),
            "device_one_time_keys_count": counts,
            "device_unused_fallback_key_types": fallback,
        });
        Ok((Reply(reply), changes.up_to, is_news))
    }
}

impl Waiting<'_> {
    /// What the user wants to hear: read once, and again when it changed.
    async fn wishes(&self, changes: &Changes) -> Result<Arc<Wishes>, Failure> {
        let mut kinds = changes.account_data.iter().map(|(kind, _)| kind);
        let is_same = changes.since.is_some() && !kinds.any(|kind| wishes::are_in(kind));
        if let Some(known) = self.watch.wishes().filter(|_| is_same) {
            return Ok(known);
        }
        let wishes = Arc::new(Wishes::of(self.matrix, self.access.user).await?);
        self.watch.set_wishes(wishes.clone());
        Ok(wishes)
    }
}

/// Rooms by section.
type Rooms = BTreeMap<&'static str, Map<String, Value>>;

impl Scene<'_> {
    /// The rooms, and whether the user came into a direct conversation.
    async fn rooms(
        &self,
        changed: BTreeMap<RoomId, source::RoomChanges>,
        lists: &mut DeviceLists,
    ) -> Result<(Rooms, bool), Failure> {
        let mut rooms =
            Rooms::from(["join", "invite", "knock", "leave"].map(|name| (name, Map::new())));
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
                Some(Section::Join(shown, entered, _)) => {
                    new_direct |=
                        entered == Entered::Now && direct::peer(&room, self.access.user).is_some();
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
    async fn account_data(&self, new_direct: bool) -> Result<Vec<Value>, Failure> {
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

    fn presence(&self) -> Vec<Value> {
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

/// Where a token stands. One that has our shape and can't be opened is of a timeline that was lost: the client gets everything anew.
fn position(matrix: &Matrix, since: Option<&str>) -> Result<Option<Position>, Failure> {
    let Some(token) = since.filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match matrix.hub.open_cursor(token) {
        Some(position) => Ok(Some(position)),
        None if token.len() == TOKEN && token.bytes().all(is_ours) => Ok(None),
        None => Err(Failure::invalid("since is not a token of this server")),
    }
}

/// A filter as JSON, or the id of one that was stored.
async fn filter_of(
    matrix: &Matrix,
    access: &Access,
    text: Option<&str>,
) -> Result<FilterDefinition, Failure> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(FilterDefinition::default()),
        Some(text) if text.starts_with('{') => {
            let value = serde_json::from_str(text)
                .map_err(|_| Failure::new(400, ErrorCode::NotJson, "filter is not JSON"))?;
            shape(value)
        }
        Some(id) => shape(filter::stored(matrix, access.user, id).await?),
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

#[cfg(test)]
mod tests {
    use polylogue_core::DeviceId;
    use polylogue_hub::{Config as HubConfig, Hub};

    use super::*;

    #[test]
    fn a_request_that_waits_is_small() {
        let directory = tempfile::tempdir().unwrap();
        let config = HubConfig {
            data_dir: directory.path().join("data"),
            ..HubConfig::default()
        };
        let matrix = Matrix::new(Hub::open(&config).unwrap(), crate::Config::default());
        let access = Access {
            user: UserId(1),
            device: DeviceId(1),
            address: [127, 0, 0, 1].into(),
        };
        let request = Request {
            filter: None,
            since: None,
            full_state: None,
            set_presence: None,
            timeout: None,
        };
        let waiting = sync(&matrix, &access, request);
        assert!(size_of_val(&waiting) < 4096, "{}", size_of_val(&waiting));
        drop(waiting);
        matrix.hub.stop();
    }
}
