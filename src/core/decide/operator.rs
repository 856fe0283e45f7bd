//! What server operators do. One rule: the session that asks was raised.

use std::sync::Arc;

use super::{
    Change, Deciding, Decision, Outcome, RoomsNeeded, decide_as, server_ban, session, within,
};
use crate::command::{Actor, Command, Direction, Scope};
use crate::facets;
use crate::ids::{SessionId, UserId};
use crate::limits;
use crate::live::Signal;
use crate::operator::OperatorCommand;
use crate::refusal::Refusal;
use crate::state::World;

/// Decides what concerns operators.
pub(super) fn operate(at: Deciding<'_>, command: OperatorCommand) -> Result<Decision, Refusal> {
    match command {
        OperatorCommand::Raise { session, name } => raise(at, session, name),
        OperatorCommand::Lower { session } => lower(at, session),
        OperatorCommand::Hear { session, direction } => hear(at, session, direction),
        OperatorCommand::EndSessions { user, reason } => end_sessions(at, user, &reason),
        OperatorCommand::Ban {
            target,
            reason,
            lasting,
        } => {
            check(at)?;
            server_ban::set(at, target, (reason, lasting))
        }
        OperatorCommand::Unban { target } => {
            check(at)?;
            server_ban::lift(at, target)
        }
        OperatorCommand::Announce { text } => announce(at, text),
        OperatorCommand::InServersName(command) => in_servers_name(at, *command),
        OperatorCommand::OnBehalf { user, command } => on_behalf(at, user, *command),
        OperatorCommand::Reload => check(at).map(|()| Decision::nothing(Outcome::Done)),
    }
}

/// The rooms that a command will write to.
pub(super) fn rooms_needed(world: &World, actor: &Actor, command: &OperatorCommand) -> RoomsNeeded {
    match command {
        OperatorCommand::InServersName(command) => super::rooms_needed(world, actor, command),
        OperatorCommand::EndSessions { user, .. } => world
            .live
            .sessions_of(*user)
            .first()
            .map_or_else(Vec::new, |id| session::rooms_needed(world, *id))
            .into(),
        OperatorCommand::OnBehalf { user, command } => {
            super::rooms_needed(world, &Actor::user(*user, None), command)
        }
        OperatorCommand::Ban { target, .. } => server_ban::rooms_needed(world, target).into(),
        OperatorCommand::Raise { .. }
        | OperatorCommand::Lower { .. }
        | OperatorCommand::Hear { .. }
        | OperatorCommand::Unban { .. }
        | OperatorCommand::Reload
        | OperatorCommand::Announce { .. } => RoomsNeeded::default(),
    }
}

/// Whether the actor is an operator: on the session that asks, not on another of his.
fn check(at: Deciding<'_>) -> Result<(), Refusal> {
    let raised = match at.actor.scope {
        Scope::Server | Scope::Administrator => true,
        Scope::User => at
            .actor
            .session
            .and_then(|id| at.world.live.sessions.get(&id))
            .is_some_and(|session| session.operator.is_some()),
    };
    if raised {
        Ok(())
    } else {
        Err(Refusal::OperatorNeeded)
    }
}

fn raise(at: Deciding<'_>, id: SessionId, name: Arc<str>) -> Result<Decision, Refusal> {
    match at.actor.scope {
        Scope::Server => {}
        Scope::User | Scope::Administrator => return Err(Refusal::Forbidden),
    }
    let session = at.world.live.sessions.get(&id).ok_or(Refusal::LoggedOut)?;
    let (user, name) = (session.user, Some(name));
    Ok(signals(vec![Signal::Operator { id, user, name }]))
}

fn lower(at: Deciding<'_>, id: SessionId) -> Result<Decision, Refusal> {
    let user = own(at, id)?;
    let lowered = Signal::Operator {
        id,
        user,
        name: None,
    };
    let session = at.world.live.sessions.get(&id);
    let is_one = session.is_some_and(|session| session.operator.is_some());
    Ok(signals(if is_one { vec![lowered] } else { Vec::new() }))
}

fn hear(at: Deciding<'_>, id: SessionId, direction: Direction) -> Result<Decision, Refusal> {
    let user = own(at, id)?;
    let session = at.world.live.sessions.get(&id);
    let same = session.is_some_and(|session| session.hears == (direction == Direction::Add));
    let signal = Signal::Hearing {
        id,
        user,
        direction,
    };
    Ok(signals(if same { Vec::new() } else { vec![signal] }))
}

/// The actor, whose session it must be.
fn own(at: Deciding<'_>, id: SessionId) -> Result<UserId, Refusal> {
    if at.actor.session == Some(id) {
        Ok(at.actor.user)
    } else {
        Err(Refusal::Forbidden)
    }
}

fn end_sessions(at: Deciding<'_>, user: UserId, reason: &Arc<str>) -> Result<Decision, Refusal> {
    check(at)?;
    within(Some(reason), "reason", limits::REASON)?;
    let live = &at.world.live;
    if live.sessions_of(user).is_empty() {
        return Err(Refusal::NoSuchUser);
    }
    let ends = live.sessions_of(user).iter().map(|id| {
        Change::Signal(Signal::Detached {
            id: *id,
            user,
            reason: reason.clone(),
        })
    });
    let mut changes: Vec<Change> = ends.collect();
    if live.guests.contains_key(&user) {
        changes.extend(session::leaves(at, user, reason));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

fn announce(at: Deciding<'_>, text: Arc<str>) -> Result<Decision, Refusal> {
    check(at)?;
    within(Some(&text), "announcement", limits::ANNOUNCEMENT)?;
    let sender = at.actor.user;
    Ok(signals(vec![Signal::Announcement { sender, text }]))
}

/// The rules of rooms bind everybody but the server, so what it does in an operator's place needs no rules of its own. Only what is about the
/// room, and not about who asks, can be done so.
fn in_servers_name(at: Deciding<'_>, command: Command) -> Result<Decision, Refusal> {
    check(at)?;
    let allowed = matches!(
        command,
        Command::SetModes { .. }
            | Command::SetPrefixes { .. }
            | Command::SetMask { .. }
            | Command::SetSetting { .. }
            | Command::SetTopic { .. }
            | Command::Kick { .. }
            | Command::Ban { .. }
            | Command::Unban { .. }
            | Command::Invite { .. }
    );
    let allowed = allowed
        || matches!(&command, Command::SetState { change, .. } if *change.kind == *facets::FORWARD);
    if !allowed {
        return Err(Refusal::Forbidden);
    }
    let actor = Actor::SERVER;
    decide_as(
        Deciding {
            actor: &actor,
            world: at.world,
            context: at.context,
        },
        command,
    )
}

/// Whom it is done for is in the room, and is called, as if he had done it himself: what he may not, nobody can have him do.
fn on_behalf(at: Deciding<'_>, user: UserId, command: Command) -> Result<Decision, Refusal> {
    check(at)?;
    at.known(user)?;
    let allowed = matches!(
        command,
        Command::Join { .. } | Command::Leave { .. } | Command::Rename { .. }
    );
    if !allowed {
        return Err(Refusal::Forbidden);
    }
    let actor = Actor::user(user, None);
    decide_as(
        Deciding {
            actor: &actor,
            world: at.world,
            context: at.context,
        },
        command,
    )
}

fn signals(signals: Vec<Signal>) -> Decision {
    Decision {
        changes: signals.into_iter().map(Change::Signal).collect(),
        outcome: Outcome::Done,
    }
}
