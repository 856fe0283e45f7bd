//! Whom an account does not want to hear: accounts and guests by name, which is the list that Matrix clients keep, and masks. One rule for all
//! front-ends: what such a one says does not reach him, what he does to a room does.

use std::sync::Arc;

use imbl::OrdSet;
use serde_json::{Map, Value, json};

use crate::command::Direction;
use crate::event::{MemberChange, RoomChange};
use crate::ids::UserId;
use crate::json::Json;
use crate::mask::Identity;
use crate::room::Membership;
use crate::state::{State, World};

/// The account data that names those who are ignored (Matrix client-server API "Ignoring Users").
pub const USERS: &str = "m.ignored_user_list";
/// The account data that holds masks: `{"masks": ["*!*@host"]}`.
pub const MASKS: &str = "polylogue.silence";

/// Whom one account ignores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ignores {
    /// The list as it was written, with what else a client keeps in it.
    list: Option<Json>,
    /// The localparts in it that are of this server.
    users: OrdSet<Arc<str>>,
    masks: Vec<Arc<str>>,
}

impl Ignores {
    /// Takes global account data in, live and when it is read from the store. Whether it was of one of the two kinds.
    pub fn set(&mut self, server_name: &str, kind: &str, content: &Json) -> bool {
        let value = content.value();
        match kind {
            USERS => {
                let ids = value.get("ignored_users").and_then(Value::as_object);
                let localpart = |id: &String| {
                    let (localpart, server) = id.strip_prefix('@')?.split_once(':')?;
                    (server == server_name).then(|| Arc::<str>::from(localpart))
                };
                self.users = ids
                    .into_iter()
                    .flat_map(Map::keys)
                    .filter_map(localpart)
                    .collect();
                self.list = Some(content.clone());
            }
            MASKS => {
                let masks = value.get("masks").and_then(Value::as_array);
                let masks = masks.into_iter().flatten().filter_map(Value::as_str);
                self.masks = masks.map(Arc::from).collect();
            }
            _ => return false,
        }
        true
    }

    /// Whether nobody is ignored and nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_none() && self.masks.is_empty()
    }

    /// The localparts of those who are ignored by name.
    pub fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.users.iter()
    }

    /// The masks, in the order in which they were added.
    pub fn masks(&self) -> impl Iterator<Item = &Arc<str>> {
        self.masks.iter()
    }

    /// How many entries there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.users.len().saturating_add(self.masks.len())
    }

    /// The list with one name more or fewer, and all else in it as it was; nothing if it says so already.
    #[must_use]
    pub fn with_user(
        &self,
        server_name: &str,
        (localpart, direction): (&str, Direction),
    ) -> Option<Json> {
        if self.users.contains(localpart) == (direction == Direction::Add) {
            return None;
        }
        let mut content = self.list.as_ref().map_or_else(|| json!({}), Json::value);
        let fields = content.as_object_mut()?;
        let users = fields.entry("ignored_users").or_insert_with(|| json!({}));
        if !users.is_object() {
            *users = json!({});
        }
        let users = users.as_object_mut()?;
        let id = format!("@{localpart}:{server_name}");
        match direction {
            Direction::Add => drop(users.insert(id, json!({}))),
            Direction::Remove => drop(users.remove(&id)),
        }
        Json::from_value(&content).ok()
    }

    /// The masks with one more or fewer; nothing if that is how they are.
    #[must_use]
    pub fn with_mask(&self, mask: &Arc<str>, direction: Direction) -> Option<Json> {
        let same = |known: &&Arc<str>| known.eq_ignore_ascii_case(mask);
        let is_there = self.masks.iter().any(|known| same(&known));
        let masks: Vec<&str> = match direction {
            Direction::Add if is_there => return None,
            Direction::Remove if !is_there => return None,
            Direction::Add => self
                .masks
                .iter()
                .chain([mask])
                .map(|mask| &**mask)
                .collect(),
            Direction::Remove => {
                let others = self.masks.iter().filter(|known| !same(known));
                others.map(|mask| &**mask).collect()
            }
        };
        Json::from_value(&json!({ "masks": masks })).ok()
    }
}

impl State {
    /// Global account data may say whom its owner ignores.
    pub fn note_ignores(&mut self, user: UserId, kind: &str, content: &Json) {
        let mut ignores = self
            .ignores
            .get(&user)
            .map_or_else(Default::default, |known| (**known).clone());
        if !ignores.set(&self.server_name, kind, content) {
            return;
        }
        if ignores.is_empty() {
            self.ignores.remove(&user);
        } else {
            self.ignores.insert(user, Arc::new(ignores));
        }
    }
}

impl World {
    /// Whether what somebody says is not to reach a user.
    #[must_use]
    pub fn ignores(&self, viewer: UserId, sender: UserId) -> bool {
        let Some(ignores) = self.state.ignores.get(&viewer) else {
            return false;
        };
        if viewer == sender {
            return false;
        }
        let name = self.name_of(sender);
        let named = name.is_some_and(|name| ignores.users.contains(name.localpart()));
        named || (!ignores.masks.is_empty() && self.is_masked(&ignores.masks, sender))
    }

    /// Whether a change in a room's timeline is kept from a user by whom he ignores: what is said, and being asked in.
    #[must_use]
    pub fn is_kept_from(&self, viewer: UserId, (sender, change): (UserId, &RoomChange)) -> bool {
        let concerns = match change {
            RoomChange::Message(_) => true,
            RoomChange::Member(MemberChange {
                user, membership, ..
            }) => *user == viewer && *membership == Membership::Invite,
            RoomChange::Created(_)
            | RoomChange::Power(_)
            | RoomChange::State(_)
            | RoomChange::Redaction { .. }
            | RoomChange::Redacted(_) => false,
        };
        concerns && self.ignores(viewer, sender)
    }

    fn is_masked(&self, masks: &[Arc<str>], sender: UserId) -> bool {
        let identity = Identity::of(self, sender);
        masks.iter().any(|mask| identity.matches(mask))
    }
}
