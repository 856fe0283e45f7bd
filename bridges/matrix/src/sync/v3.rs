//! `GET /sync` (Matrix client-server API "Syncing"): looks for what is new, and waits until there is something.

use std::sync::Arc;
use std::time::Duration;

use polylogue_core::{Position, Refusal};
use polylogue_matrix::error::{ErrorCode, ErrorReply};
use ruma::api::client::filter::FilterDefinition;
use serde::Deserialize;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::devices::{self, DeviceLists};
use super::scene::{Parts, Scene};
use super::source::{self, Changes, Look};
use super::watch::{Shown, Waited, Watch};
use crate::Matrix;
use crate::access::Access;
use crate::endpoints::{filter, presence};
use crate::error::{Answer, Failure};
use crate::extract::{Reply, shape};
use crate::keys::KeysLeft;
use crate::wishes::{self, Wishes};

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

/// What a request comes to.
#[derive(Debug)]
pub(crate) enum Synced {
    /// There is something to tell, or nothing to wait for.
    Now(Reply),
    /// Nothing is new.
    Waiting(Box<Waiting>),
}

/// Looks for what is new.
pub(crate) async fn sync(
    matrix: &Arc<Matrix>,
    access: Access,
    request: Request,
) -> Result<Synced, Failure> {
    let since = position(matrix, request.since.as_deref())?;
    let filter = filter_of(matrix, &access, request.filter.as_deref()).await?;
    let presence = request.set_presence.as_deref();
    let presence = presence.map(presence::named).transpose()?;
    let shown = presence.map(|presence| Shown {
        presence,
        status: None,
    });
    let timeout = Duration::from_millis(request.timeout.unwrap_or(0)).min(LONGEST);
    let until = Instant::now() + timeout;
    let watch = matrix.sync.of(&matrix.hub, &access, shown).await?;
    let turn = watch.begin();
    let asking = Asking {
        matrix: matrix.clone(),
        access,
        watch,
        filter,
        full_state: request.full_state.as_deref() == Some("true"),
    };
    if let Some(since) = since {
        asking.watch.told(since);
        devices::acknowledge(matrix, &access, since).await?;
    }
    Ok(match Box::pin(asking.look(since)).await? {
        Seen::News(reply) => Synced::Now(reply),
        Seen::Nothing(up_to) if timeout.is_zero() || matrix.sync.is_stopping() => {
            Synced::Now(asking.nothing(up_to))
        }
        Seen::Nothing(since) => Synced::Waiting(Box::new(Waiting {
            asking,
            since,
            turn,
            until,
        })),
    })
}

/// A request that waits. It holds nothing of the state, and is small: there may be one for every device.
#[derive(Debug)]
pub(crate) struct Waiting {
    asking: Asking,
    since: Position,
    turn: u64,
    until: Instant,
}

impl Waiting {
    /// What is new in the end.
    pub(crate) async fn answer(mut self: Box<Self>) -> Answer {
        loop {
            match self.asking.watch.wait(self.turn, self.until).await {
                Waited::Enough => return Ok(self.asking.nothing(self.since)),
                Waited::News => {}
            }
            // On the heap only while it works.
            match Box::pin(self.asking.look(Some(self.since))).await? {
                Seen::News(reply) => return Ok(reply),
                Seen::Nothing(up_to) => self.since = up_to,
            }
        }
    }
}

/// A device that asks.
#[derive(Debug)]
struct Asking {
    matrix: Arc<Matrix>,
    access: Access,
    watch: Arc<Watch>,
    /// Nothing for one that lets everything through.
    filter: Option<Box<FilterDefinition>>,
    full_state: bool,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.watch.end();
    }
}

/// What a look found.
enum Seen {
    News(Reply),
    /// Up to a position there is nothing to tell.
    Nothing(Position),
}

impl Asking {
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

    /// What is new at this moment. To a device that begins, and to one that wants the whole state, everything is.
    async fn look(&self, since: Option<Position>) -> Result<Seen, Failure> {
        let parts = self.parts(since).await?;
        // Looked at last: a session's end comes right behind its last news.
        if self.watch.is_over() || !self.is_logged_in() {
            return Err(self.ended());
        }
        let all = self.full_state || since.is_none();
        let keys_changed = self.watch.shows_keys(&parts.keys);
        Ok(match all || keys_changed || !parts.is_empty() {
            true => Seen::News(parts.reply(&self.matrix)),
            false => Seen::Nothing(parts.up_to),
        })
    }

    /// The reply that tells nothing new.
    fn nothing(&self, up_to: Position) -> Reply {
        Parts::empty(up_to, KeysLeft::of(&self.matrix, &self.access)).reply(&self.matrix)
    }

    async fn parts(&self, since: Option<Position>) -> Result<Parts, Failure> {
        let (mut changes, _place) = self.changes(since).await?;
        if !changes.rooms.is_empty() {
            self.matrix.transactions.settle(self.access.device).await;
        }
        let span = (since, changes.up_to);
        let (to_device, up_to) = devices::messages(&self.matrix, &self.access, span).await?;
        changes.up_to = up_to;
        let mut lists = since.map_or_else(DeviceLists::default, |since| {
            DeviceLists::of_keys(&changes.world, self.access.user, since)
        });
        let rooms = std::mem::take(&mut changes.rooms);
        let wishes = self.wishes(&changes).await?;
        let everything = FilterDefinition::default();
        let scene = Scene {
            matrix: &self.matrix,
            access: &self.access,
            watch: &self.watch,
            changes: &changes,
            filter: self.filter.as_deref().unwrap_or(&everything),
            wishes: &wishes,
            full_state: self.full_state,
        };
        let (rooms, new_direct) = scene.rooms(rooms, &mut lists).await?;
        lists.settle(&changes.world, self.access.user);
        Ok(Parts {
            rooms,
            account_data: scene.account_data(new_direct).await?,
            presence: scene.presence(),
            to_device,
            lists,
            ..Parts::empty(up_to, KeysLeft::of(&self.matrix, &self.access))
        })
    }

    /// What changed. Who looks at all rooms has a place as long as he makes his reply.
    async fn changes(
        &self,
        since: Option<Position>,
    ) -> Result<(Changes, Option<SemaphorePermit<'_>>), Failure> {
        let is_known = since.is_some_and(|since| self.watch.knows(since));
        let anew = self.full_state || since.is_none();
        let leaves = self.filter.as_ref();
        let look = match is_known && !anew {
            true => Look::Changed,
            false if anew && leaves.is_some_and(|filter| filter.room.include_leave) => {
                Look::AllAndLeft
            }
            false => Look::All,
        };
        let place = match look {
            Look::Changed => None,
            Look::All | Look::AllAndLeft => {
                let place = self.matrix.sync.large.acquire().await;
                Some(place.map_err(|_| Refusal::Unavailable)?)
            }
        };
        let who = (&*self.watch, self.access.user);
        let changes = source::changes(&self.matrix, who, (since, look)).await?;
        Ok((changes, place))
    }

    /// What the user wants to hear: read once, and again when it changed.
    async fn wishes(&self, changes: &Changes) -> Result<Arc<Wishes>, Failure> {
        let mut kinds = changes.account_data.iter().map(|(kind, _)| kind);
        let is_same = changes.since.is_some() && !kinds.any(|kind| wishes::are_in(kind));
        if let Some(known) = self.watch.wishes().filter(|_| is_same) {
            return Ok(known);
        }
        let wishes = match Wishes::of(&self.matrix, self.access.user).await? {
            Some(wishes) => Arc::new(wishes),
            None => self.matrix.sync.no_wishes.clone(),
        };
        self.watch.set_wishes(wishes.clone());
        Ok(wishes)
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
) -> Result<Option<Box<FilterDefinition>>, Failure> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) if text.starts_with('{') => {
            let value = serde_json::from_str(text)
                .map_err(|_| Failure::new(400, ErrorCode::NotJson, "filter is not JSON"))?;
            shape(value).map(Some)
        }
        Some(id) => shape(filter::stored(matrix, access.user, id).await?).map(Some),
    }
}
