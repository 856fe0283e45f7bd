//! What changed for a user since a position: which rooms, and in which respect. It knows nothing of how a version of sync shows it.
//!
//! A device that was here all the time has it in its news. For any other the rooms are compared with the position one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polylogue_core::room::Membership;
use polylogue_core::state::World;
use polylogue_core::{Json, Position, RoomChange, RoomId, UserId};

use super::news::Since;
use super::watch::Watch;
use crate::Matrix;
use crate::error::Failure;

/// Events that are looked at, at once and in how many turns, for the rooms that were left while a device was away.
const LOOK: (usize, usize) = (4096, 16);
/// Users whose presence is told at once.
const PRESENT: usize = 500;

/// What changed.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The state to read it from. It may be newer than `up_to`; what is newer will be told again.
    pub(crate) world: Arc<World>,
    /// After this position; nothing for everything there is.
    pub(crate) since: Option<Position>,
    /// Up to this one.
    pub(crate) up_to: Position,
    pub(crate) rooms: BTreeMap<RoomId, RoomChanges>,
    /// Global account data by type.
    pub(crate) account_data: Vec<(String, Json)>,
    /// Who came, went, or is away.
    pub(crate) presence: BTreeSet<UserId>,
}

/// What changed in a room.
#[derive(Debug, Default)]
pub(crate) struct RoomChanges {
    /// Its timeline, and with it perhaps state and standing.
    pub(crate) timeline: bool,
    /// How far the user himself has read.
    pub(crate) marker: bool,
    /// How far others have read.
    pub(crate) receipts: Receipts,
    /// Who types.
    pub(crate) typing: Typing,
    /// Members who show something else of themselves.
    pub(crate) renamed: BTreeSet<UserId>,
    /// The room's account data by type.
    pub(crate) account_data: Vec<(String, Json)>,
}

/// Whose receipts are to be told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Receipts {
    /// These users'.
    Of(BTreeSet<UserId>),
    /// All that are at the end of the timeline.
    All,
}

impl Default for Receipts {
    fn default() -> Self {
        Self::Of(BTreeSet::new())
    }
}

/// Which rooms are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Those that changed, if it is known which.
    Changed,
    /// All, whatever changed.
    All,
    /// All, and those that the user is out of.
    AllAndLeft,
}

/// Whether typing is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Typing {
    /// It is as it was told.
    #[default]
    Same,
    /// Nothing was told yet: only that somebody does is news.
    Untold,
    /// It changed.
    Changed,
}

/// Finds what changed.
pub(crate) async fn changes(
    matrix: &Matrix,
    (watch, user): (&Watch, UserId),
    (since, look): (Option<Position>, Look),
) -> Result<Changes, Failure> {
    // News first, then the state: what is news is in the state.
    let news = match look {
        Look::Changed => since.and_then(|since| watch.since(since)),
        Look::All | Look::AllAndLeft => None,
    };
    let mut changes = match news {
        Some(news) => of_news(matrix, (watch, user), (since, news)),
        None => of_all(matrix, (watch, user), (since, look)).await?,
    };
    if changes.account_data_changed {
        let after = since.unwrap_or_default();
        for (room, kind, content) in matrix.hub.account_data(user, after).await? {
            match room {
                None => changes.found.account_data.push((kind, content)),
                Some(room) => changes.found.room(room).account_data.push((kind, content)),
            }
        }
    }
    Ok(changes.found)
}

/// What changed, but for the account data.
struct Finding {
    found: Changes,
    account_data_changed: bool,
}

impl Changes {
    fn room(&mut self, room: RoomId) -> &mut RoomChanges {
        self.rooms.entry(room).or_default()
    }
}

fn of_news(
    matrix: &Matrix,
    (watch, user): (&Watch, UserId),
    (since, news): (Option<Position>, Since),
) -> Finding {
    let world = matrix.hub.world();
    let mut found = Changes {
        world: world.clone(),
        since,
        up_to: news.up_to,
        rooms: BTreeMap::new(),
        account_data: Vec::new(),
        presence: BTreeSet::new(),
    };
    for room in news.timelines {
        found.room(room).timeline = true;
    }
    for (room, reader) in news.reads {
        let changes = found.room(room);
        if reader == user {
            changes.marker = true;
        }
        if let Receipts::Of(readers) = &mut changes.receipts {
            readers.insert(reader);
        }
    }
    for room in news.flickers.typing {
        found.room(room).typing = Typing::Changed;
    }
    for renamed in news.profiles.into_iter().chain(news.flickers.renamed) {
        for room in shared_rooms(&world, user, renamed) {
            found.room(room).renamed.insert(renamed);
        }
    }
    let is_seen = |other: &UserId| {
        (*other == user || world.share_a_room(user, *other))
            && watch.shows(*other, world.live.presence(*other))
    };
    let presence = news.flickers.presence.into_iter();
    found.presence = presence.filter(is_seen).collect();
    Finding {
        found,
        account_data_changed: news.account_data,
    }
}

async fn of_all(
    matrix: &Matrix,
    (watch, user): (&Watch, UserId),
    (since, look): (Option<Position>, Look),
) -> Result<Finding, Failure> {
    // All of it is told now.
    watch.flickers();
    let world = matrix.hub.world();
    let mut found = Changes {
        world: world.clone(),
        since,
        up_to: world.state.head,
        rooms: BTreeMap::new(),
        account_data: Vec::new(),
        presence: neighbours(&world, user),
    };
    for other in &found.presence {
        watch.shows(*other, world.live.presence(*other));
    }
    let rooms = world
        .state
        .user(user)
        .map(|user| user.rooms.clone())
        .unwrap_or_default();
    for entry in &*rooms {
        let changes = found.room(entry.room);
        changes.timeline = since.is_none_or(|since| {
            let room = world.state.room(entry.room);
            room.is_none_or(|room| room.position > since)
        });
        if entry.membership == Membership::Join {
            changes.marker = true;
            changes.receipts = Receipts::All;
            changes.typing = Typing::Untold;
        }
    }
    for renamed in since.map_or_else(Vec::new, |since| world.profiles_changed(user, since)) {
        for room in shared_rooms(&world, user, renamed) {
            found.room(room).renamed.insert(renamed);
        }
    }
    let left = match (since, look) {
        (_, Look::AllAndLeft) => matrix.hub.rooms_of(user).await?.into_iter().collect(),
        (Some(since), Look::Changed | Look::All) => {
            left(matrix, user, (since, found.up_to)).await?
        }
        (None, Look::Changed | Look::All) => BTreeSet::new(),
    };
    for room in left {
        found.room(room).timeline = true;
    }
    Ok(Finding {
        found,
        account_data_changed: true,
    })
}

/// The rooms in which a user's own standing changed between two positions. After a very long absence the oldest changes alone are found.
async fn left(
    matrix: &Matrix,
    user: UserId,
    (since, up_to): (Position, Position),
) -> Result<BTreeSet<RoomId>, Failure> {
    let mut rooms = BTreeSet::new();
    let mut after = since;
    for _ in 0..LOOK.1 {
        if after >= up_to {
            break;
        }
        let (events, complete) = matrix.hub.told(user, (after, up_to), LOOK.0).await?;
        let own = events.iter().filter(|(_, event)| match &event.change {
            RoomChange::Member(change) => change.user == user,
            RoomChange::Created(_)
            | RoomChange::Message(_)
            | RoomChange::Power(_)
            | RoomChange::State(_)
            | RoomChange::Redaction { .. }
            | RoomChange::Redacted(_) => false,
        });
        rooms.extend(own.map(|(room, _)| *room));
        after = complete.max(after.next());
    }
    Ok(rooms)
}

/// The rooms that two users are in together.
fn shared_rooms(world: &World, user: UserId, other: UserId) -> Vec<RoomId> {
    let (Some(user), Some(other)) = (world.state.user(user), world.state.user(other)) else {
        return Vec::new();
    };
    let is_in = |room: &RoomId| {
        let entry = other.room(*room);
        entry.is_some_and(|entry| entry.membership == Membership::Join)
    };
    user.joined().filter(is_in).collect()
}

/// Those who are here and in a room with the user, and he himself.
fn neighbours(world: &World, user: UserId) -> BTreeSet<UserId> {
    let mut found = BTreeSet::from([user]);
    let own = world.state.user(user);
    let rooms = own.into_iter().flat_map(|user| user.joined());
    for room in rooms.filter_map(|room| world.state.room(room)) {
        if found.len() >= PRESENT {
            break;
        }
        let here = &world.live.by_user;
        // From the smaller side: few of a large room's members are here, or few are here at all.
        if room.state.members.len() < here.len() {
            let members = room.state.joined_members().map(|(member, _)| member);
            found.extend(members.filter(|member| here.contains_key(member)));
        } else {
            found.extend(here.keys().filter(|other| room.state.is_joined(**other)));
        }
    }
    found.into_iter().take(PRESENT).collect()
}
