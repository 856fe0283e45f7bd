//! The rules as people meet them: a small house with a founder, an operator, members and strangers, asked one thing after another.

mod absent;
mod accounts;
mod direct;
mod documents;
mod door;
mod keys;
mod operators;
mod own;
mod power;
mod roles;
mod server_bans;
mod silence;

use std::sync::Arc;

use crate::body::{Body, EventRef, Form, Message, Text, TextKind};
use crate::command::{
    Actor, Attach, Destination, Direction, MissingRoom, NewDevice, PasswordProof, Presentation,
    RoomRef, Say, Who,
};
use crate::decide::{Change, Context, Decision, decide};
use crate::event::StateChange;
use crate::ids::{DeviceId, RoomId, RoomSequence, SessionId, Timestamp, UserId};
use crate::json::Json;
use crate::name::{AccountName, ChannelName};
use crate::power::{PowerLevels, Prefix};
use crate::refusal::Refusal;
use crate::room::{MaskList, Membership, RoomState};
use crate::secret::{PasswordHash, TokenHash};
use crate::state::{State, World};
use crate::{Command, Position};

/// A world, and the clock over it.
pub(super) struct House {
    world: World,
    now: Timestamp,
    sessions: u64,
    /// Where who comes next comes from.
    address: Option<std::net::IpAddr>,
}

impl House {
    /// Accounts alice (1), bob (2), carol (3) and dave (4), each with a session of that number.
    fn new() -> Self {
        let mut house = Self {
            world: World::new(State::new("test")),
            now: Timestamp(1_000),
            sessions: 0,
            address: None,
        };
        for name in ["alice", "bob", "carol", "dave"] {
            house.register(name).unwrap();
            let user = house.world.user_named(name).unwrap();
            house.attach(Who::Account(user)).unwrap();
        }
        house
    }

    /// Decides and, if it is not refused, applies.
    fn ask(&mut self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let decision = decide(
            &self.world,
            actor,
            command,
            Context {
                now: self.now,
                random: 7,
            },
        )?;
        for change in &decision.changes {
            match change {
                Change::Event(event) => {
                    let entry = self.world.state.stamp(event.clone(), self.now);
                    self.world.apply(&entry);
                }
                Change::Signal(signal) => self.world.live.apply(signal),
            }
        }
        Ok(decision)
    }

    /// The same by a user without a device.
    fn by(&mut self, user: UserId, command: Command) -> Result<Decision, Refusal> {
        self.ask(&Actor::user(user, None), command)
    }

    fn register(&mut self, name: &str) -> Result<Decision, Refusal> {
        let name = AccountName::from_nick(name).unwrap();
        self.by(
            UserId::SERVER,
            Command::Register {
                name,
                password: PasswordHash("hash".into()),
                device: None,
                contact: None,
            },
        )
    }

    fn attach(&mut self, who: Who) -> Result<UserId, Refusal> {
        self.attach_from(who, "host.example")
    }

    fn attach_from(&mut self, who: Who, host: &str) -> Result<UserId, Refusal> {
        self.sessions += 1;
        let presentation = Presentation {
            front: "test",
            username: "user".into(),
            host: host.into(),
            real_name: "Real Name".into(),
            since: self.now,
            visible: true,
            status: None,
            operator: crate::command::Operator::Person,
            metadata: Default::default(),
        };
        let attach = Attach {
            address: self.address,
            away: None,
            session: SessionId(self.sessions),
            who,
            device: None,
            presentation,
        };
        let decision = self.by(UserId::SERVER, Command::Attach(Box::new(attach)))?;
        let super::Outcome::User(user) = decision.outcome else {
            panic!("{decision:?}")
        };
        Ok(user)
    }

    fn guest(&mut self, nick: &str) -> Result<UserId, Refusal> {
        self.attach(Who::Guest(AccountName::guest(nick, 1).unwrap()))
    }

    /// Does what is due.
    fn run_timers(&mut self) {
        while let Some(((due, id), command)) = self.world.state.timers.get_min().cloned()
            && due <= self.now
        {
            let command = Command::Timed { id, command };
            self.ask(&Actor::SERVER, command).unwrap();
        }
    }

    fn join(&mut self, user: UserId, name: &str) -> Result<Decision, Refusal> {
        self.join_with(user, name, None)
    }

    fn join_with(
        &mut self,
        user: UserId,
        name: &str,
        key: Option<&str>,
    ) -> Result<Decision, Refusal> {
        let room = RoomRef::Name(ChannelName::parse(name).unwrap());
        self.by(
            user,
            Command::Join {
                room,
                key: key.map(Arc::from),
                missing: MissingRoom::Create,
                reason: None,
            },
        )
    }

    /// A channel made by alice, in which bob is an operator and carol a member.
    fn garden(&mut self) -> RoomId {
        for user in [ALICE, BOB, CAROL] {
            self.join(user, "#garden").unwrap();
        }
        let room = self
            .world
            .state
            .room_named(&ChannelName::parse("#garden").unwrap().claim())
            .unwrap();
        self.prefix(ALICE, room, (BOB, Direction::Add, Prefix::Operator))
            .unwrap();
        room
    }

    fn prefix(
        &mut self,
        actor: UserId,
        room: RoomId,
        (user, direction, prefix): (UserId, Direction, Prefix),
    ) -> Result<Decision, Refusal> {
        let changes = vec![crate::command::PrefixChange {
            user,
            prefix,
            direction,
        }];
        self.by(actor, Command::SetPrefixes { room, changes })
    }

    fn levels(
        &mut self,
        actor: UserId,
        room: RoomId,
        change: impl FnOnce(&mut PowerLevels),
    ) -> Result<Decision, Refusal> {
        let mut levels = (*self.room(room).power).clone();
        change(&mut levels);
        self.by(
            actor,
            Command::SetPower {
                room,
                levels: Box::new(levels),
                known: None,
                content: None,
            },
        )
    }

    fn mask(&mut self, room: RoomId, list: MaskList, mask: &str) {
        let command = Command::SetMask {
            room,
            list,
            mask: mask.into(),
            direction: Direction::Add,
            until: None,
        };
        self.by(ALICE, command).unwrap();
    }

    fn say(&mut self, user: UserId, to: Destination) -> Result<Decision, Refusal> {
        self.by(
            user,
            Command::Say(Say {
                to,
                message: text("hello"),
            }),
        )
    }

    fn state(
        &mut self,
        user: UserId,
        room: RoomId,
        change: StateChange,
    ) -> Result<Decision, Refusal> {
        self.by(user, Command::SetState { room, change })
    }

    fn room(&self, room: RoomId) -> &RoomState {
        &self.world.state.room(room).unwrap().state
    }

    /// The last event of a room, as another would refer to it.
    fn last(&self, room: RoomId, author: UserId) -> EventRef {
        let room = self.world.state.room(room).unwrap();
        EventRef {
            sequence: room.sequence,
            position: room.position,
            author,
        }
    }

    fn standing(&self, room: RoomId, user: UserId) -> Option<Membership> {
        self.room(room).membership(user)
    }
}

const ALICE: UserId = UserId(1);
const BOB: UserId = UserId(2);
const CAROL: UserId = UserId(3);
const DAVE: UserId = UserId(4);

fn text(text: &str) -> Message {
    Message::plain(Body::Text(Text {
        kind: TextKind::Text,
        form: Form::Irc(text.into()),
    }))
}

fn device(label: &str, token: &str) -> NewDevice {
    NewDevice {
        label: label.into(),
        name: None,
        token: TokenHash::of(token),
    }
}

fn encryption() -> StateChange {
    let content = Json::parse(r#"{"algorithm":"m.megolm.v1.aes-sha2"}"#).unwrap();
    StateChange {
        kind: crate::facets::ENCRYPTION.into(),
        key: "".into(),
        content,
    }
}

/// What is expected of a command: that it is done, or a refusal.
fn outcome(result: &Result<Decision, Refusal>) -> Result<(), Refusal> {
    result.as_ref().map(drop).map_err(Clone::clone)
}

#[test]
fn a_refused_command_changes_nothing() {
    let mut house = House::new();
    let room = house.garden();
    let head = house.world.state.head;
    let nowhere = EventRef {
        sequence: RoomSequence(99),
        position: Position(99),
        author: CAROL,
    };
    for command in [
        Command::Kick {
            room,
            user: ALICE,
            reason: None,
        },
        Command::SetTopic {
            room,
            topic: "mine".into(),
        },
        Command::Redact {
            room,
            target: nowhere,
            reason: None,
        },
        Command::RemoveDevices {
            user: ALICE,
            devices: vec![DeviceId(1)],
        },
    ] {
        house.by(CAROL, command).unwrap_err();
    }
    assert_eq!(house.world.state.head, head);
}

/// A proof of the password that is in force now.
pub(super) fn proof(house: &House, user: UserId, at: Timestamp) -> PasswordProof {
    let known = house.world.state.user(user);
    PasswordProof {
        user,
        version: known.map_or(Position(0), |known| known.password_changed),
        at,
    }
}
