//! Devices that sync: each is an attached session from its first request until it has not come back for a while. In between its news add up,
//! and its user is present.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use polylogue_core::command::{Attach, Presentation, Who};
use polylogue_core::live::Presence;
use polylogue_core::{
    Command, DeviceId, Position, Refusal, RoomId, RoomSequence, Timestamp, UserId,
};
use polylogue_hub::{Connecting, Hub, Mode, Outbox, Request, Session};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::marks::{Mark, Marks};
use super::news::{Flickers, News, Since};
use crate::access::{Access, now};
use crate::keys::KeysLeft;
use crate::wishes::Wishes;

/// How long a device that does not sync any more stays attached.
const AWAY: Duration = Duration::from_secs(90);
/// How often those who are away are looked for.
const SWEEP: Duration = Duration::from_secs(10);
/// Devices that are attached at the same time.
const BOUND: usize = 65_536;
/// Replies made at the same time from a look at all rooms.
const LARGE: usize = 4;
/// Members that a device was told of and that are remembered.
const MEMBERS: usize = 8192;
/// Users whose presence a device was told and that are remembered.
const SHOWN: usize = 8192;

/// How a device shows its user: until it says something else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    pub(crate) presence: SetPresence,
    /// What he says of himself.
    pub(crate) status: Option<Arc<str>>,
}

/// What a request says of its user's presence (`set_presence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SetPresence {
    /// He is here.
    #[default]
    Online,
    /// His client is, and he is not.
    Unavailable,
    /// Nobody is to see it.
    Offline,
}

/// The devices that sync.
#[derive(Debug)]
pub(crate) struct Watches {
    all: Arc<Mutex<HashMap<DeviceId, Arc<Watch>>>>,
    marks: Arc<Marks>,
    /// Places for those who look at all rooms.
    pub(crate) large: Semaphore,
    /// The wishes of those who have none.
    pub(crate) no_wishes: Arc<Wishes>,
    /// The server goes down: nobody waits any longer.
    stopping: AtomicBool,
    sweeper: Mutex<Option<JoinHandle<()>>>,
}

/// A device that syncs.
#[derive(Debug)]
pub(crate) struct Watch {
    session: Session,
    outbox: Arc<Outbox>,
    /// How it shows its user.
    presence: Mutex<Shown>,
    news: Mutex<News>,
    /// Who is here, as the device was told.
    shown: Mutex<HashMap<UserId, Presence>>,
    /// What is left of its keys, as it was told.
    keys: Mutex<Option<KeysLeft>>,
    /// The members that it was told of: the place of the membership, and up to where the reply went that told it.
    members: Mutex<HashMap<(RoomId, UserId), (RoomSequence, Position)>>,
    /// What the user wants to hear.
    wishes: Mutex<Option<Arc<Wishes>>>,
    used: Mutex<Instant>,
    /// The number of the latest request; an earlier one that still waits ends.
    turn: AtomicU64,
}

/// Why a request waits no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// There may be something new.
    News,
    /// The time is over, or the device made another request.
    Enough,
}

impl Default for Watches {
    fn default() -> Self {
        Self {
            all: Arc::default(),
            marks: Arc::new(Marks),
            large: Semaphore::new(LARGE),
            no_wishes: Arc::default(),
            stopping: AtomicBool::new(false),
            sweeper: Mutex::default(),
        }
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        if let Some(sweeper) = lock(&self.sweeper).take() {
            sweeper.abort();
        }
    }
}

impl Watches {
    /// The attached session of a device: the one that is there, or a new one.
    ///
    /// # Errors
    /// Why it can't be attached.
    pub(crate) async fn of(
        &self,
        hub: &Arc<Hub>,
        access: &Access,
        wish: Option<Shown>,
    ) -> Result<Arc<Watch>, Refusal> {
        let known = lock(&self.all).get(&access.device).cloned();
        let known = known.filter(|watch| !watch.is_over());
        let watch = match known {
            Some(watch) => watch,
            None => {
                // Somebody who is not to be seen is not for a moment.
                let first = match wish.as_ref().map(|wish| wish.presence) {
                    Some(SetPresence::Offline) => SetPresence::Offline,
                    Some(SetPresence::Online | SetPresence::Unavailable) | None => {
                        SetPresence::Online
                    }
                };
                let watch = Arc::new(attach(hub, access, (&self.marks, first)).await?);
                self.insert(access.device, watch.clone())?;
                watch
            }
        };
        *lock(&watch.used) = Instant::now();
        if let Some(wish) = wish {
            watch.show(wish).await?;
        }
        Ok(watch)
    }

    /// The server goes down: those that wait are told that it is enough.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        let all: Vec<_> = lock(&self.all).values().cloned().collect();
        for watch in all {
            watch.end_turn();
        }
    }

    /// Whether the server goes down. To be asked by a request that has begun: those that began before are told.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn insert(&self, device: DeviceId, watch: Arc<Watch>) -> Result<(), Refusal> {
        let mut all = lock(&self.all);
        if all.len() >= BOUND && !all.contains_key(&device) {
            return Err(Refusal::Unavailable);
        }
        let replaced = all.insert(device, watch);
        drop(all);
        drop(replaced);
        let mut sweeper = lock(&self.sweeper);
        if sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            *sweeper = Some(tokio::spawn(sweep(Arc::downgrade(&self.all))));
        }
        Ok(())
    }
}

/// Ends the sessions of devices that do not come back. It does not keep the others alive.
async fn sweep(all: Weak<Mutex<HashMap<DeviceId, Arc<Watch>>>>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(all) = all.upgrade() else { return };
        let mut gone = Vec::new();
        lock(&all).retain(|_, watch| {
            // Whoever makes a reply holds it too.
            let idle = Arc::strong_count(watch) == 1 && lock(&watch.used).elapsed() > AWAY;
            let stays = !idle && !watch.is_over();
            if !stays {
                gone.push(watch.clone());
            }
            stays
        });
        // Their sessions end here, without the lock.
        drop(gone);
    }
}

async fn attach(
    hub: &Arc<Hub>,
    access: &Access,
    (marks, presence): (&Arc<Marks>, SetPresence),
) -> Result<Watch, Refusal> {
    let shown = Shown {
        presence,
        status: None,
    };
    let outbox = Outbox::woken(Mode::Live);
    let presentation = presentation(hub, access.user, &shown);
    let connecting = Connecting {
        away: None,
        address: Some(access.address),
        who: Who::Account(access.user),
        device: Some(access.device),
        proof: None,
        presentation,
        renderer: marks.clone(),
        outbox: outbox.clone(),
    };
    let session = Session::attach(hub, connecting).await?;
    // Delivery reaches the session from before here.
    let news = News::at(hub.head());
    Ok(Watch {
        session,
        outbox,
        presence: Mutex::new(shown),
        news: Mutex::new(news),
        shown: Mutex::default(),
        keys: Mutex::default(),
        members: Mutex::default(),
        wishes: Mutex::default(),
        used: Mutex::new(Instant::now()),
        turn: AtomicU64::new(0),
    })
}

fn presentation(hub: &Hub, user: UserId, shown: &Shown) -> Presentation {
    let user = hub.world().state.user(user).cloned();
    let (visible, status) = match shown.presence {
        SetPresence::Online => (true, shown.status.clone()),
        SetPresence::Unavailable => (true, None),
        SetPresence::Offline => (false, None),
    };
    Presentation {
        front: "matrix",
        username: "~u".into(),
        host: "account".into(),
        real_name: user
            .map(|user| user.shown_name().clone())
            .unwrap_or_default(),
        since: now(),
        visible,
        status,
        operator: polylogue_core::command::Operator::Person,
        metadata: Default::default(),
    }
}

impl Watch {
    /// A request begins: those before it end. Its number.
    pub(crate) fn begin(&self) -> u64 {
        let turn = self.end_turn();
        // What an earlier wake was for is looked at anyway.
        let woken = pin!(self.outbox.woken_up());
        let _ = woken.poll(&mut Context::from_waker(Waker::noop()));
        turn
    }

    /// Requests that wait end. The number of the next one.
    fn end_turn(&self) -> u64 {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst) + 1;
        self.outbox.wake();
        turn
    }

    /// A request has ended.
    pub(crate) fn end(&self) {
        *lock(&self.used) = Instant::now();
    }

    /// Whether the session was ended from elsewhere: by a logout, or by the server.
    pub(crate) fn is_over(&self) -> bool {
        self.outbox.closed().is_some()
    }

    /// Whether what is new after a position is known.
    pub(crate) fn knows(&self, after: Position) -> bool {
        self.drained().reaches(after)
    }

    /// Notes how a user shows to others; whether that is new.
    pub(crate) fn shows(&self, user: UserId, presence: Presence) -> bool {
        let mut shown = lock(&self.shown);
        if shown.len() >= SHOWN {
            shown.clear();
        }
        let before = match presence {
            Presence::Offline => shown.remove(&user),
            Presence::Online(_) | Presence::Away(_) => shown.insert(user, presence.clone()),
        };
        before.unwrap_or(Presence::Offline) != presence
    }

    /// Notes what is left of the device's keys; whether it was told something else before.
    pub(crate) fn shows_keys(&self, left: &KeysLeft) -> bool {
        let mut keys = lock(&self.keys);
        let is_news = keys.as_ref().is_some_and(|before| before != left);
        if is_news || keys.is_none() {
            *keys = Some(left.clone());
        }
        is_news
    }

    /// Whether a device that comes with the token of a position has been told of a membership: a reply that was lost does not count.
    pub(crate) fn knows_member(
        &self,
        member: (RoomId, UserId),
        (place, since): (RoomSequence, Position),
    ) -> bool {
        let told = lock(&self.members).get(&member).copied();
        told.is_some_and(|(known, up_to)| known == place && up_to <= since)
    }

    /// A reply that goes up to a position tells of a membership.
    pub(crate) fn tells_member(
        &self,
        member: (RoomId, UserId),
        (place, up_to): (RoomSequence, Position),
    ) {
        let mut members = lock(&self.members);
        if members.len() >= MEMBERS {
            members.clear();
        }
        members.insert(member, (place, up_to));
    }

    /// What the user wants to hear, if it was read before.
    pub(crate) fn wishes(&self) -> Option<Arc<Wishes>> {
        lock(&self.wishes).clone()
    }

    /// It was read.
    pub(crate) fn set_wishes(&self, wishes: Arc<Wishes>) {
        *lock(&self.wishes) = Some(wishes);
    }

    /// What is new after a position; nothing if only a look at all rooms can tell.
    pub(crate) fn since(&self, after: Position) -> Option<Since> {
        let mut news = self.drained();
        news.typing_ends(now());
        news.since(after)
    }

    /// What flickered is about to be told as a whole.
    pub(crate) fn flickers(&self) -> Flickers {
        self.drained().flickers()
    }

    /// The device came with the token of a position: it has been told of everything before.
    pub(crate) fn told(&self, up_to: Position) {
        self.drained().told(up_to);
    }

    /// Until when somebody was told to type in a room.
    pub(crate) fn types_until(&self, room: RoomId, until: Option<Timestamp>) {
        lock(&self.news).types_until(room, until);
    }

    /// Waits for news, for a typing notice that ends by itself, or until it is enough.
    pub(crate) async fn wait(&self, turn: u64, until: Instant) -> Waited {
        let present = now();
        let typing = lock(&self.news)
            .typing_ends(present)
            .map(|end| Instant::now() + Duration::from_millis(end.0.saturating_sub(present.0) + 1));
        let sooner = typing.filter(|end| *end < until);
        let mut woken = pin!(self.outbox.woken_up());
        let mut alarm = pin!(sleep_until(sooner.unwrap_or(until)));
        poll_fn(|cx| {
            let is_woken = woken.as_mut().poll(cx).is_ready();
            // Looked at last: whoever ends the turn wakes those that wait by then.
            if self.turn.load(Ordering::SeqCst) != turn {
                return Poll::Ready(Waited::Enough);
            }
            if is_woken {
                return Poll::Ready(Waited::News);
            }
            alarm.as_mut().poll(cx).map(|()| match sooner {
                Some(_) => Waited::News,
                None => Waited::Enough,
            })
        })
        .await
    }

    /// Takes in what delivery has brought.
    fn drained(&self) -> MutexGuard<'_, News> {
        let mut news = lock(&self.news);
        // The mode before the lines: what falls behind in between is found the next time.
        let behind = matches!(self.outbox.mode(), Mode::Behind { .. });
        for line in self.outbox.take() {
            Mark::read(line).for_each(|mark| news.note(mark));
        }
        if behind {
            let head = self.session.hub().head();
            self.outbox.caught_up(head);
            news.forget(head);
        }
        news
    }

    /// Shows the user as his client says.
    async fn show(&self, wanted: Shown) -> Result<(), Refusal> {
        let before = std::mem::replace(&mut *lock(&self.presence), wanted.clone());
        if before == wanted {
            return Ok(());
        }
        let done = self.present(&wanted).await;
        if done.is_err() {
            *lock(&self.presence) = before;
        }
        done
    }

    async fn present(&self, shown: &Shown) -> Result<(), Refusal> {
        let (hub, session) = (self.session.hub(), &self.session);
        let ask = async |command| hub.submit(Request::new(session.actor(), command)).await;
        let attach = Attach {
            away: None,
            address: None,
            session: session.id(),
            who: Who::Account(session.user()),
            device: session.device(),
            presentation: presentation(hub, session.user(), shown),
        };
        let away = match shown.presence {
            // Without a text he is away all the same.
            SetPresence::Unavailable => Some(shown.status.clone().unwrap_or_default()),
            SetPresence::Online | SetPresence::Offline => None,
        };
        // A session that attaches again, under its own number, shows in another way; it is not away then.
        ask(Command::Attach(Box::new(attach))).await?;
        if away.is_some() {
            let session = session.id();
            ask(Command::SetAway {
                session,
                text: away,
            })
            .await?;
        }
        Ok(())
    }
}

// Every change is complete before its guard is dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
