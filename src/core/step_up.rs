//! Which commands need a fresh password proof, on every front-end, from this one table.

use crate::command::{Actor, Command, PasswordProof, Scope};
use crate::ids::Timestamp;
use crate::limits::PROOF_AGE;
use crate::refusal::Refusal;
use crate::state::World;

/// Refuses a command of the table without a password proof of at most [`PROOF_AGE`], and a login by a password that is not the present one.
///
/// # Errors
/// [`Refusal::ProofNeeded`].
pub fn check(
    world: &World,
    actor: &Actor,
    command: &Command,
    now: Timestamp,
) -> Result<(), Refusal> {
    check_login(world, actor, command)?;
    if needs_proof(actor, command) {
        proven(world, actor, now)
    } else {
        Ok(())
    }
}

/// Refuses an actor without such a proof: for what needs it only where it replaces something, and for what is no command.
///
/// # Errors
/// [`Refusal::ProofNeeded`].
pub fn proven(world: &World, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    let holds = |proof: PasswordProof| {
        let is_fresh = now.0 <= proof.at.0.saturating_add(PROOF_AGE);
        is_fresh && proof.user == actor.user && is_in_force(world, proof)
    };
    match actor.proof {
        Some(proof) if holds(proof) => Ok(()),
        Some(_) | None => Err(Refusal::ProofNeeded),
    }
}

/// Refuses a login that rests on a password which is the account's no more: the check of a password takes long, and it may be changed meanwhile.
fn check_login(world: &World, actor: &Actor, command: &Command) -> Result<(), Refusal> {
    match (command, actor.proof) {
        (Command::AddDevice { .. } | Command::Attach(_) | Command::LogIn { .. }, Some(proof))
            if !is_in_force(world, proof) =>
        {
            Err(Refusal::ProofNeeded)
        }
        (_, Some(_) | None) => Ok(()),
    }
}

/// Whether the password that was proven still is the account's.
#[must_use]
pub fn is_in_force(world: &World, proof: PasswordProof) -> bool {
    let user = world.state.user(proof.user);
    user.is_some_and(|user| user.password_changed == proof.version)
}

fn needs_proof(actor: &Actor, command: &Command) -> bool {
    match actor.scope {
        // The administrator on the control socket, and the server itself, have shown who they are by other means.
        Scope::Server | Scope::Administrator => return false,
        Scope::User => {}
    }
    match command {
        Command::SetPassword { .. } | Command::Disable { .. } | Command::AddCertificate { .. } => {
            true
        }
        // Logging oneself out needs no proof; logging others out does.
        Command::RemoveDevices { devices, .. } => {
            devices.iter().any(|device| Some(*device) != actor.device)
        }
        Command::EndSessions { sessions } => sessions
            .iter()
            .any(|session| Some(*session) != actor.session),
        // Whoever logs out everywhere is out himself, so that a thief gains nothing by it; and it is there for those whose password was stolen
        // (Matrix client-server API, `POST /logout/all`).
        Command::RemoveAllDevices
        | Command::Register { .. }
        | Command::AddDevice { .. }
        | Command::RenameDevice { .. }
        | Command::SetProfile { .. }
        | Command::Rename { .. }
        | Command::GroupNick { .. }
        | Command::UngroupNick { .. }
        | Command::SetAccountData { .. }
        | Command::PutDocument { .. }
        | Command::Silence { .. }
        | Command::Keys(_)
        | Command::MarkRead { .. }
        | Command::CreateRoom(_)
        | Command::Join { .. }
        | Command::SetMember { .. }
        | Command::Leave { .. }
        | Command::Invite { .. }
        | Command::Kick { .. }
        | Command::Ban { .. }
        | Command::Unban { .. }
        | Command::Knock { .. }
        | Command::Say(_)
        | Command::Redact { .. }
        | Command::SetState { .. }
        | Command::SetTopic { .. }
        | Command::SetPower { .. }
        | Command::SetModes { .. }
        | Command::SetPrefixes { .. }
        | Command::SetMask { .. }
        | Command::TakeRoom { .. }
        | Command::ClearRoom { .. }
        | Command::CloseRoom { .. }
        | Command::LetIn { .. }
        | Command::SetSetting { .. }
        | Command::Attach(_)
        | Command::Detach { .. }
        | Command::LogIn { .. }
        | Command::LogOut { .. }
        | Command::Present { .. }
        | Command::SetAway { .. }
        | Command::Typing { .. }
        | Command::Transient(_)
        | Command::Operator(_)
        | Command::Timed { .. } => false,
    }
}
