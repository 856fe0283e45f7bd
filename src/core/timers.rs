//! Timers as events set and clear them, and the guests who are gone as long as theirs runs.

use crate::command::TimedCommand;
use crate::ids::Timestamp;
use crate::name::NameKey;
use crate::state::State;

impl State {
    pub(crate) fn apply_timer(&mut self, id: u64, timer: Option<&(Timestamp, TimedCommand)>) {
        match timer {
            Some((due, command)) => self.set_timer((*due, id), command.clone()),
            None => {
                // Timers are few, and a cleared one is nearly always the first.
                let key = self.timers.keys().find(|(_, known)| *known == id).copied();
                let command = key.and_then(|key| self.timers.remove(&key));
                if let (Some((due, id)), Some(command)) = (key, command) {
                    self.note_end((due, id), &command);
                }
            }
        }
    }

    /// What a timer that is no more stood for ends with it.
    fn note_end(&mut self, (due, id): (Timestamp, u64), command: &TimedCommand) {
        match command {
            TimedCommand::GuestGone { user, .. } => {
                let Some(guest) = self.users.get(user) else {
                    return;
                };
                let name = NameKey::account(guest.name.nick());
                if self.absent.get(&name).map(|(user, _)| user) == Some(user) {
                    self.absent.remove(&name);
                }
            }
            TimedCommand::StrangerCounts { user } => {
                self.strangers.remove(&(*user, due, id));
            }
            TimedCommand::ExpireMask { .. } | TimedCommand::ExpireServerBan { .. } => {}
        }
    }

    /// Takes in a timer that was set, or was read from the store.
    pub fn set_timer(&mut self, key: (Timestamp, u64), command: TimedCommand) {
        match &command {
            TimedCommand::GuestGone { user, .. } => {
                if let Some(guest) = self.users.get(user) {
                    let name = NameKey::account(guest.name.nick());
                    self.absent.insert(name, (*user, key));
                }
            }
            TimedCommand::StrangerCounts { user } => {
                self.strangers.insert((*user, key.0, key.1));
            }
            TimedCommand::ExpireMask { .. } | TimedCommand::ExpireServerBan { .. } => {}
        }
        self.timers.insert(key, command);
        self.next_timer = self.next_timer.max(key.1.saturating_add(1));
    }
}
