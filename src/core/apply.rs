//! What an event changes. Applying never fails and never decides: an event is a fact. It is the only way in which durable state changes,
//! live and when a room is read from the store.

use std::sync::Arc;

use crate::document::{DocumentKey, DocumentStamp, Documents};
use crate::event::{Entry, Event, MemberChange, RoomChange, RoomSetting, StateChange, UserChange};
use crate::ids::{DeviceId, Position, RoomId, RoomSequence, Timestamp, UserId};
use crate::json::Json;
use crate::listing::{Effect, Listing};
use crate::power::Prefixes;
use crate::request::Request;
use crate::room::{Mask, Member, Membership, Room, RoomKind, RoomState, StateEntry, Topic};
use crate::state::{State, World};
use crate::user::{Profile, ProfileField, ReadMarks, Requests, User, UserKind, UserRoom};
use crate::visibility::HistoryVisibility;
use crate::{event::ReadAudience, facets, redaction};

impl State {
    /// Gives an event its place: the next position, the next sequence of its room, and a time that does not go back there.
    #[must_use]
    pub fn stamp(&self, event: Event, now: Timestamp) -> Entry {
        let (sequence, at) = match &event {
            Event::Room { room, .. } => self.room(*room).map_or((RoomSequence(1), now), |room| {
                (room.sequence.next(), room.at.max(now))
            }),
            Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => (RoomSequence(0), now),
        };
        Entry {
            position: self.head.next(),
            sequence,
            at,
            event,
        }
    }

    /// Takes an event in.
    pub fn apply(&mut self, entry: &Entry) {
        self.head = entry.position;
        match &entry.event {
            Event::Room {
                room,
                sender,
                change,
            } => self.apply_to_room(entry, (*room, *sender), change),
            Event::Setting {
                room,
                sender,
                setting,
            } => {
                if let Some(room) = self.rooms.get_mut(room) {
                    apply_setting(Arc::make_mut(&mut room.state), (*sender, entry.at), setting);
                }
                self.list(*room, Effect::of_setting(setting));
            }
            Event::User { user, change } => self.apply_to_user(*user, entry.at, change),
            Event::Name { key, claim } => self.claim(key.clone(), *claim),
            Event::ServerBan { target, ban } => match ban {
                Some(ban) => drop(self.server_bans.insert(target.clone(), ban.clone())),
                None => drop(self.server_bans.remove(target)),
            },
            Event::Timer { id, timer } => self.apply_timer(*id, timer.as_ref()),
        }
    }

    fn apply_to_room(
        &mut self,
        entry: &Entry,
        (id, sender): (RoomId, UserId),
        change: &RoomChange,
    ) {
        if let RoomChange::Created(creation) = change {
            let mut state = RoomState::new(id, creation.clone());
            note(
                &mut state,
                (entry, sender),
                facets::CREATE,
                creation.content.as_ref(),
            );
            let state = Arc::new(state);
            self.rooms.insert(
                id,
                Room {
                    sequence: entry.sequence,
                    position: entry.position,
                    at: entry.at,
                    notifying: 0,
                    state,
                },
            );
            self.next_room = self.next_room.max(id.next());
            return;
        }
        let guest = match change {
            RoomChange::Member(member) => self
                .users
                .get(&member.user)
                .is_some_and(|user| user.kind == UserKind::Guest),
            RoomChange::Created(_)
            | RoomChange::Message(_)
            | RoomChange::Power(_)
            | RoomChange::State(_)
            | RoomChange::Redaction { .. }
            | RoomChange::Redacted(_) => false,
        };
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        room.apply(entry, sender, change);
        if let RoomChange::Member(member) = change {
            if guest && matches!(member.membership, Membership::Leave) {
                // A departed guest never comes back under the same id: his row would only grow the room.
                Arc::make_mut(&mut room.state).members.remove(&member.user);
            }
            self.apply_standing(id, member);
        }
        self.list(id, Effect::of_change(change));
    }

    /// Brings the directory up to a room that changed.
    fn list(&mut self, id: RoomId, effect: Effect) {
        if effect == Effect::None {
            return;
        }
        let Some(room) = self.rooms.get(&id) else {
            return;
        };
        match effect {
            Effect::None => {}
            Effect::Joined => {
                if let Some(listing) = self.directory.get_mut(&id) {
                    Arc::make_mut(listing).joined = room.state.joined;
                }
            }
            Effect::All if room.state.listed => {
                let listing = Arc::new(Listing::of(&room.state));
                self.directory.insert(id, listing);
            }
            Effect::All => drop(self.directory.remove(&id)),
        }
    }

    /// The user's side of a change of standing.
    fn apply_standing(&mut self, room: RoomId, change: &MemberChange) {
        let Some(user) = self.users.get_mut(&change.user) else {
            return;
        };
        let user = Arc::make_mut(user);
        let found = user.rooms.binary_search_by_key(&room, |entry| entry.room);
        let mut rooms = user.rooms.to_vec();
        match (found, change.membership) {
            (Ok(index), Membership::Leave) => {
                rooms.remove(index);
            }
            (Ok(index), membership) => {
                if let Some(entry) = rooms.get_mut(index) {
                    entry.membership = membership;
                }
            }
            (Err(_), Membership::Leave) => {}
            (Err(index), membership) => {
                rooms.insert(index, UserRoom { room, membership });
            }
        }
        user.rooms = rooms.into();
    }

    fn apply_to_user(&mut self, id: UserId, at: Timestamp, change: &UserChange) {
        if let UserChange::Created {
            name,
            kind,
            password,
            host,
        } = change
        {
            let user = User {
                id,
                name: name.clone(),
                nicks: Arc::new([]),
                kind: *kind,
                host: host.clone(),
                created: at,
                password: password.clone(),
                password_changed: self.head,
                disabled: false,
                profile: Profile::default(),
                devices: Arc::new([]),
                rooms: Arc::new([]),
                marks: ReadMarks::new(),
                requests: Requests::new(),
                documents: Documents::default(),
                keys: Arc::default(),
            };
            self.admit(user);
            return;
        }
        let head = self.head;
        let Some(user) = self.users.get_mut(&id) else {
            return;
        };
        let user = Arc::make_mut(user);
        let keys_changed = user.keys.changed;
        match change {
            UserChange::Created { .. } => {}
            UserChange::Request { by, request } => {
                if *request == Request::default() {
                    user.requests.remove(by);
                } else {
                    user.requests.insert(*by, *request);
                }
            }
            UserChange::AccountData {
                room,
                kind,
                content,
            } => {
                let stamp = DocumentStamp {
                    version: head,
                    rank: 0,
                    size: content.as_str().len(),
                };
                let key = DocumentKey::AccountData(*room, kind.clone());
                user.documents.set(key, Some(stamp));
                if room.is_none() {
                    self.note_ignores(id, kind, content);
                    return;
                }
            }
            UserChange::Document(document) => {
                let stamp = document.blob.as_ref().map(|blob| DocumentStamp {
                    version: head,
                    rank: document.rank,
                    size: blob.len(),
                });
                let key = DocumentKey::Document(document.kind.clone(), document.key.clone());
                user.documents.set(key, stamp);
            }
            UserChange::Renamed(name) => user.name = name.clone(),
            UserChange::NickGrouped(nick) => {
                user.nicks = user.nicks.iter().cloned().chain([nick.clone()]).collect();
            }
            UserChange::NickUngrouped(nick) => {
                let others = user.nicks.iter().filter(|known| *known != nick);
                user.nicks = others.cloned().collect();
            }
            UserChange::Password(hash) => {
                user.password = Some(hash.clone());
                user.password_changed = head;
            }
            UserChange::Disabled(disabled) => user.disabled = *disabled,
            UserChange::Profile { field, value } => {
                match field {
                    ProfileField::DisplayName => user.profile.display_name.clone_from(value),
                    ProfileField::Avatar => user.profile.avatar.clone_from(value),
                }
                self.profile_changes.remove(&user.profile.changed);
                self.profile_changes.insert(head, id);
                user.profile.changed = head;
            }
            UserChange::DeviceAdded(device) => {
                user.devices = user
                    .devices
                    .iter()
                    .cloned()
                    .chain([device.clone()])
                    .collect();
                self.tokens.insert(device.token, (id, device.id));
                self.next_device = self.next_device.max(device.id.next());
            }
            UserChange::DeviceRenamed { device, name } => {
                user.devices = user
                    .devices
                    .iter()
                    .cloned()
                    .map(|mut known| {
                        if known.id == *device {
                            known.name = Some(name.clone());
                        }
                        known
                    })
                    .collect();
                if user.keys.identity(*device).is_some() {
                    Arc::make_mut(&mut user.keys).changed = head;
                }
            }
            UserChange::DeviceRemoved(device) => {
                if user.keys.devices.contains_key(device) {
                    Arc::make_mut(&mut user.keys).remove(*device, head);
                }
                if let Some(token) = remove_device(user, *device) {
                    self.tokens.remove(&token);
                }
            }
            UserChange::Read {
                room,
                up_to,
                time,
                audience,
            } => {
                let mark = user.marks.entry(*room).or_default();
                mark.marker = mark.marker.max(*up_to);
                mark.time = mark.time.max(*time);
                match audience {
                    ReadAudience::Room => mark.read = mark.read.max(*up_to),
                    ReadAudience::Own => {}
                }
            }
            UserChange::Keys(change) => Arc::make_mut(&mut user.keys).apply(head, change),
        }
        let moved = (keys_changed, user.keys.changed);
        self.keys_moved(id, moved);
    }
}

impl World {
    /// Takes an event in, and keeps the counter of users above every user seen.
    pub fn apply(&mut self, entry: &Entry) {
        self.state.apply(entry);
        if let Event::User {
            user,
            change: UserChange::Created { .. },
        } = &entry.event
        {
            self.live.next_user = self.live.next_user.max(user.next());
        }
    }
}

impl Room {
    /// Takes an event of the room's timeline in; the first one makes the room instead.
    pub fn apply(&mut self, entry: &Entry, sender: UserId, change: &RoomChange) {
        self.sequence = entry.sequence;
        self.position = entry.position;
        self.at = entry.at;
        match change {
            RoomChange::Created(_) | RoomChange::Redacted(_) => {}
            RoomChange::Redaction { target, .. } => {
                let redacted = |entry: &StateEntry| entry.sequence == target.sequence;
                let found = self.state.extra.iter().find(|(_, entry)| redacted(entry));
                if let Some((key, value)) = found.map(|(key, value)| (key.clone(), value.clone())) {
                    strip(Arc::make_mut(&mut self.state), key, value);
                }
            }
            RoomChange::Message(message) => self.notifying += u64::from(message.body.notifies()),
            RoomChange::Member(member) => {
                apply_member(Arc::make_mut(&mut self.state), (entry, sender), member)
            }
            RoomChange::Power(power) => {
                let state = Arc::make_mut(&mut self.state);
                state.power = Arc::new(power.levels.clone());
                note(
                    state,
                    (entry, sender),
                    facets::POWER_LEVELS,
                    power.content.as_ref(),
                );
                for (user, prefixes) in &power.prefixes {
                    if let Some(member) = state.members.get_mut(user) {
                        member.prefixes = *prefixes;
                    }
                }
            }
            RoomChange::State(change) => {
                apply_state(Arc::make_mut(&mut self.state), (entry, sender), change)
            }
        }
    }
}

fn apply_member(state: &mut RoomState, (entry, sender): (&Entry, UserId), change: &MemberChange) {
    let before = state.members.get(&change.user).copied();
    let was_joined = before.is_some_and(|member| member.membership == Membership::Join);
    let is_joined = change.membership == Membership::Join;
    match (was_joined, is_joined) {
        (false, true) => state.joined = state.joined.saturating_add(1),
        (true, false) => state.joined = state.joined.saturating_sub(1),
        (true, true) | (false, false) => {}
    }
    // Prefix bits end with the membership; the exact level does not.
    let prefixes = if is_joined {
        before.map_or(Prefixes::default(), |member| member.prefixes)
    } else {
        Prefixes::default()
    };
    let member = Member {
        membership: change.membership,
        prefixes,
        since: entry.sequence,
        by: sender,
    };
    state.members.insert(change.user, member);
}

fn apply_state(state: &mut RoomState, (entry, sender): (&Entry, UserId), change: &StateChange) {
    facets::apply(state, (entry, sender), change);
    let value = StateEntry {
        sequence: entry.sequence,
        position: entry.position,
        sender,
        at: entry.at,
        content: change.content.clone(),
    };
    state.put(change.kind.clone(), change.key.clone(), value);
}

/// Takes away what a redaction does not leave of state in force, and what it meant with it.
fn strip(state: &mut RoomState, (kind, key): (Arc<str>, Arc<str>), mut value: StateEntry) {
    let version = state.creation.version;
    value.content = redaction::stripped_content((&kind, version), &value.content);
    if &*kind == facets::CREATE {
        state.creation.content = state
            .creation
            .content
            .as_ref()
            .map(|content| redaction::stripped_content((&kind, version), content));
    }
    let change = StateChange {
        kind,
        key,
        content: value.content.clone(),
    };
    facets::stripped(state, &change);
    state.put(change.kind, change.key, value);
}

/// Notes where a state event came from whose meaning is kept typed. Without a content of its author's it says nothing here.
fn note(
    state: &mut RoomState,
    (entry, sender): (&Entry, UserId),
    kind: &str,
    content: Option<&Json>,
) {
    let content = content.cloned().unwrap_or_else(Json::empty);
    let value = StateEntry {
        sequence: entry.sequence,
        position: entry.position,
        sender,
        at: entry.at,
        content,
    };
    state.put(kind.into(), "".into(), value);
}

/// Takes a setting in: live, and when a room is read from the store.
pub fn apply_setting(
    state: &mut RoomState,
    (sender, at): (UserId, Timestamp),
    setting: &RoomSetting,
) {
    match setting {
        RoomSetting::MaskAdded { list, mask, until } => {
            let added = Mask {
                list: *list,
                mask: mask.clone(),
                by: sender,
                at,
                until: *until,
            };
            let others = state
                .masks
                .iter()
                .filter(|known| known.list != *list || known.mask != *mask)
                .cloned();
            state.masks = others.chain([added]).collect();
        }
        RoomSetting::MaskRemoved { list, mask } => {
            state.masks = state
                .masks
                .iter()
                .filter(|known| known.list != *list || known.mask != *mask)
                .cloned()
                .collect();
        }
        RoomSetting::Key(key) => state.key.clone_from(key),
        RoomSetting::Listed(listed) => state.listed = *listed,
        RoomSetting::Names { names, .. } => state.names = names.as_slice().into(),
        RoomSetting::Opened => {
            state.kind = RoomKind::Group;
            // What was said in the conversation is for those who were in it.
            let visibilities = state.visibilities.iter();
            let visibilities = visibilities.map(|(from, _)| (*from, HistoryVisibility::Joined));
            state.visibilities = visibilities.collect();
        }
    }
}

/// Sets the topic as a facet of state.
pub(crate) fn topic(text: &str, sender: UserId, at: Timestamp) -> Option<Topic> {
    (!text.is_empty()).then(|| Topic {
        text: text.into(),
        by: sender,
        at,
    })
}

fn remove_device(user: &mut User, device: DeviceId) -> Option<crate::secret::TokenHash> {
    let token = user.device(device)?.token;
    user.devices = user
        .devices
        .iter()
        .filter(|known| known.id != device)
        .cloned()
        .collect();
    Some(token)
}

/// A room rebuilt from the store: its counters, and the state that follows from its rows.
#[must_use]
pub fn restored(
    sequence: RoomSequence,
    position: Position,
    at: Timestamp,
    state: RoomState,
) -> Room {
    Room {
        sequence,
        position,
        at,
        notifying: 0,
        state: Arc::new(state),
    }
}
