//! One command to a service: its words, and how it answers.

use polylogue_core::secret::Password;
use polylogue_core::{Command, Refusal, UserId};
use polylogue_hub::Receipt;

use super::{Service, Verb, say};
use crate::client::Client;

/// A command on its way.
pub(crate) struct Call<'a> {
    pub(crate) client: &'a mut Client,
    service: &'static Service,
    verb: &'static Verb,
    rest: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        client: &'a mut Client,
        (service, verb): (&'static Service, &'static Verb),
        rest: &'a str,
    ) -> Self {
        Self {
            client,
            service,
            verb,
            rest: rest.trim(),
        }
    }

    /// The next word, if there is one.
    pub(crate) fn word(&mut self) -> Option<&'a str> {
        let (word, rest) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
        self.rest = rest.trim_start();
        (!word.is_empty()).then_some(word)
    }

    /// The next word, or how the command is written.
    pub(crate) fn required(&mut self) -> Option<&'a str> {
        let word = self.word();
        if word.is_none() {
            self.syntax();
        }
        word
    }

    /// Everything that is left, if anything is.
    pub(crate) fn rest(&mut self) -> Option<&'a str> {
        let rest = std::mem::take(&mut self.rest);
        (!rest.is_empty()).then_some(rest)
    }

    /// One line of the answer.
    pub(crate) fn say(&mut self, text: &str) {
        say(self.client, self.service, text);
    }

    /// How the command is written.
    pub(crate) fn syntax(&mut self) {
        let text = format!("Insufficient parameters. Syntax: {}", written(self.verb));
        self.say(&text);
    }

    /// Why not.
    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        let text = if *refusal == Refusal::ProofNeeded {
            "This needs your password again. First: /msg NickServ IDENTIFY <password>".to_owned()
        } else if matches!(
            refusal,
            Refusal::LevelTooLow { .. } | Refusal::NotJoined | Refusal::TargetLevel
        ) {
            format!("Access denied: {refusal}")
        } else {
            sentence(&refusal.to_string())
        };
        self.say(&text);
    }

    /// Asks the hub, and tells why not.
    pub(crate) async fn ask(&mut self, command: Command) -> Option<Receipt> {
        match self.client.submit(command).await {
            Ok(receipt) => Some(receipt),
            Err(refusal) => {
                self.refused(&refusal);
                None
            }
        }
    }

    /// Whether this is the password of the account that is logged in; told if it is not. It opens step-up commands.
    pub(crate) async fn prove(&mut self, password: &str) -> bool {
        let own = self.client.replies.target();
        let password = Password::new(password.to_owned());
        match self.client.prove(&own, password).await {
            Ok(login) => {
                if let (Some(session), Some(proof)) =
                    (&mut self.client.session, login.by.password())
                {
                    session.proven(proof);
                }
                true
            }
            Err(reason) => {
                self.say(&format!("{reason}."));
                false
            }
        }
    }

    /// The user whose session it is.
    pub(crate) fn me(&self) -> UserId {
        let session = self.client.session.as_ref();
        session.map_or(UserId::SERVER, polylogue_hub::Session::user)
    }

    /// The account of a nick, or the answer that there is none.
    pub(crate) fn account(&mut self, nick: &str) -> Option<UserId> {
        let world = self.client.world();
        let user = world
            .user_named(nick)
            .filter(|user| world.is_account(*user));
        if user.is_none() {
            self.say(&format!("{nick} is not registered"));
        }
        user
    }
}

/// A verb with what stands behind it.
pub(super) fn written(verb: &Verb) -> String {
    match verb.syntax {
        "" => verb.name.to_owned(),
        syntax => format!("{} {syntax}", verb.name),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
