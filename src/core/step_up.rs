//! Which commands need a fresh password proof, on every front-end, from this one table.

use crate::command::{Actor, Command, Scope};
use crate::ids::Timestamp;
use crate::limits::PROOF_AGE;
use crate::refusal::Refusal;

/// Refuses a command of the table without a password proof of at most [`PROOF_AGE`].
///
/// # Errors
/// [`Refusal::ProofNeeded`].
pub fn check(actor: &Actor, command: &Command, now: Timestamp) -> Result<(), Refusal> {
    if needs_proof(actor, command) {
        proven(actor, now)
    } else {
        Ok(())
    }
}

/// Refuses an actor without such a proof: for what needs it only where it replaces something.
///
/// # Errors
/// [`Refusal::ProofNeeded`].
pub(crate) fn proven(actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    match actor.proven_at {
        Some(at) if now.0 <= at.0.saturating_add(PROOF_AGE) => Ok(()),
        Some(_) | None => Err(Refusal::ProofNeeded),
    }
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
