//! From the first line to the welcome: CAP, PASS, NICK, USER, AUTHENTICATE. A client that logs in takes its account's nick, whatever NICK it
//! sent; one that does not is a guest under a free nick.

use std::sync::Arc;

use polylogue_core::command::{Operator, Presentation, Who};
use polylogue_core::name::AccountName;
use polylogue_core::secret::{Password, PasswordHash};
use polylogue_core::{Refusal, Timestamp};
use polylogue_hub::{Connecting, Mode, Session};
use polylogue_irc::sasl::Secret;
use polylogue_irc::{Message, Numeric, Verb};
use tokio::time::Instant;

use crate::census::Stranger;
use crate::client::{Client, Next};
use crate::commands;
use crate::commands::authenticate::Exchange;
use crate::login::{Login, NotProven, Proof};
use crate::metadata::Values;
use crate::names;
use crate::refusal::{self, About};
use crate::services;

/// What is known of a client that is not registered yet.
pub(crate) struct Registration {
    pub(crate) since: Instant,
    pub(crate) nick: Option<Arc<str>>,
    user: Option<(Arc<str>, Arc<str>)>,
    /// `PASS`, until it is known what it is for.
    password: Option<Secret>,
    /// It has given the password of the server.
    admitted: bool,
    /// CAP LS or REQ was sent, and END was not.
    pub(crate) negotiating: bool,
    /// An AUTHENTICATE exchange.
    pub(crate) exchange: Option<Exchange>,
    /// Who it has logged in as.
    pub(crate) account: Option<Login>,
    /// The nick that it asked for last and may not have.
    pub(crate) refused: Option<Arc<str>>,
    /// What it has set already.
    pub(crate) ahead: Ahead,
}

/// What a client has set before it is registered.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// The away text (IRCv3 draft/pre-away).
    pub(crate) away: Option<Arc<str>>,
    /// What it tells of itself (IRCv3 draft/metadata-3).
    pub(crate) metadata: Values,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            nick: None,
            user: None,
            password: None,
            admitted: false,
            negotiating: false,
            exchange: None,
            account: None,
            refused: None,
            ahead: Ahead::default(),
        }
    }
}

impl Registration {
    /// Whether the client has said nothing yet of who it is.
    pub(crate) fn is_untouched(&self) -> bool {
        let nothing = self.nick.is_none() && self.user.is_none() && self.password.is_none();
        nothing && !self.negotiating && self.account.is_none() && self.refused.is_none()
    }
}

impl Client {
    /// One command before registration is complete.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most of the vocabulary of IRC means nothing yet"
    )]
    pub(crate) async fn register(&mut self, message: &Message) -> Next {
        match message.verb() {
            Verb::Cap => commands::cap::run(self, message),
            Verb::Pass => self.pass(message),
            Verb::Webirc => return commands::webirc::run(self, message).await,
            Verb::Nick => self.first_nick(message),
            Verb::User => self.user(message),
            Verb::Authenticate => commands::authenticate::run(self, message).await,
            Verb::Register => commands::register::run(self, message).await,
            Verb::Verify => commands::register::verify(self, message),
            Verb::Ns | Verb::Nickserv | Verb::Squery | Verb::Privmsg
                if services::is_command(message) =>
            {
                services::run(self, message).await;
            }
            Verb::Ping => commands::ping::run(self, message).await,
            Verb::Pong => {}
            Verb::Away => commands::away::ahead(self, message),
            Verb::Metadata => commands::metadata::ahead(self, message),
            Verb::Isupport => commands::isupport::run(self),
            Verb::Quit => return commands::quit::run(self, message),
            // COMPAT(irssi, 1.4): sends `JOIN :` before it is registered.
            _ => {
                if message.word().eq_ignore_ascii_case("POST")
                    || message.word().eq_ignore_ascii_case("GET")
                {
                    // A browser was made to speak to us: nothing of what follows is a command of its user.
                    self.set_reason("This is an IRC server");
                    return Next::Close;
                }
                self.replies
                    .text(Numeric::ErrNotRegistered, &[], "You have not registered");
            }
        }
        self.try_complete().await
    }

    fn pass(&mut self, message: &Message) {
        match message.given(0) {
            None => self.replies.text(
                Numeric::ErrNeedMoreParams,
                &["PASS"],
                "Not enough parameters",
            ),
            Some(password) => self.registration.password = Some(Secret::new(password.to_owned())),
        }
    }

    fn first_nick(&mut self, message: &Message) {
        let Some(nick) = message.given(0) else {
            return self
                .replies
                .text(Numeric::ErrNoNicknameGiven, &[], "No nickname given");
        };
        if let Err(error) = AccountName::from_nick(nick) {
            return refusal::tell(
                &mut self.replies,
                About {
                    verb: Verb::Nick,
                    target: nick,
                },
                &Refusal::BadName(error),
            );
        }
        self.registration.nick = Some(nick.into());
    }

    fn user(&mut self, message: &Message) {
        let (Some(username), Some(real_name)) = (message.given(0), message.given(3)) else {
            return self.replies.text(
                Numeric::ErrNeedMoreParams,
                &["USER"],
                "Not enough parameters",
            );
        };
        // What a mask could not be made of is left out; ten bytes keep room for messages.
        let clean: String = username
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
            .take(10)
            .collect();
        let clean = if clean.is_empty() {
            "user".to_owned()
        } else {
            clean
        };
        self.registration.user = Some((format!("~{clean}").into(), real_name.into()));
    }

    /// Completes registration once everything is there.
    pub(crate) async fn try_complete(&mut self) -> Next {
        let registration = &self.registration;
        if registration.negotiating {
            return Next::Continue;
        }
        // Who has logged in after his nick was refused needs no other.
        let nick = match &registration.account {
            Some(_) => registration.nick.clone().or(registration.refused.clone()),
            None => registration.nick.clone(),
        };
        let (Some(nick), Some((username, real_name))) = (nick, registration.user.clone()) else {
            return Next::Continue;
        };
        // IRCv3 sasl-3.1: registration that is completed in the middle of an exchange aborts it.
        if self.registration.exchange.take().is_some() {
            self.replies
                .text(Numeric::ErrSaslAborted, &[], "SASL authentication aborted");
        }
        if self.registration.account.is_none() && self.take_password(&nick).await == Next::Close {
            return Next::Close;
        }
        let attached = match self.registration.account.clone() {
            Some(login) => self.attach_account(login, real_name).await,
            None if nick.len() > self.irc.config.nick_length => {
                commands::nick::too_long(self, &nick);
                self.registration.nick = None;
                return Next::Continue;
            }
            None => self.attach_guest(&nick, username, real_name).await,
        };
        match attached {
            Ok(()) => {
                commands::metadata::set_ahead(self).await;
                Next::Continue
            }
            Err(Refusal::Disabled) => {
                self.replies.text(
                    Numeric::ErrYoureBannedCreep,
                    &[],
                    "This account is disabled",
                );
                self.set_reason("This account is disabled");
                Next::Close
            }
            Err(refusal @ Refusal::ServerBanned { .. }) => {
                let text = refusal.to_string();
                self.replies.text(Numeric::ErrYoureBannedCreep, &[], &text);
                self.set_reason(&text);
                Next::Close
            }
            Err(refusal) => {
                refusal::tell(
                    &mut self.replies,
                    About {
                        verb: Verb::Nick,
                        target: &nick,
                    },
                    &refusal,
                );
                self.registration.nick = None;
                self.nick_refused(&nick, &refusal);
                Next::Continue
            }
        }
    }

    /// What `PASS` gave: the password of the server, if guests need one, or that of an account. Who has an account needs no other.
    async fn take_password(&mut self, nick: &str) -> Next {
        let is_accounts = self.registration.password.as_ref().is_some_and(|given| {
            // RFC 2812 section 3.1.1 knows no user in front of the password: with one it is an account's.
            self.irc.config.password_hash.is_empty() || given.expose().contains(':')
        });
        if is_accounts && let Some(password) = self.registration.password.take() {
            return self.log_in_with_pass(nick, &password).await;
        }
        match self.admit().await {
            Ok(()) => Next::Continue,
            Err(text) => self.wrong_password(&text),
        }
    }

    /// Lets somebody in who has no account, or none yet, if he has given the password of the server with `PASS`, or it has none.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn admit(&mut self) -> Result<(), String> {
        let wanted = self.irc.config.password_hash.clone();
        if wanted.is_empty() || self.registration.admitted {
            return Ok(());
        }
        let Some(given) = self.registration.password.take() else {
            return Err("This server has a password".to_owned());
        };
        let given = Password::new(given.expose().to_owned());
        let from = ("the server", self.peer.address);
        let wanted = Some(PasswordHash(wanted.into()));
        match self.irc.hub.prove(from, wanted, given).await {
            Ok(true) => {
                self.registration.admitted = true;
                Ok(())
            }
            Ok(false) | Err(Refusal::Invalid { .. } | Refusal::TooLarge { .. }) => {
                Err("Password incorrect".to_owned())
            }
            Err(refusal) => Err(refusal.to_string()),
        }
    }

    fn wrong_password(&mut self, text: &str) -> Next {
        self.replies.text(Numeric::ErrPasswdMismatch, &[], text);
        self.set_reason(text);
        Next::Close
    }

    /// `PASS account:password`, or `PASS password` for the account that the nick names.
    async fn log_in_with_pass(&mut self, nick: &str, password: &Secret) -> Next {
        let (account, password) = match password.expose().split_once(':') {
            Some((account, password)) => (account.to_owned(), password.to_owned()),
            None => (nick.to_owned(), password.expose().to_owned()),
        };
        match self.prove(&account, Password::new(password)).await {
            Ok(login) => {
                self.registration.account = Some(login);
                Next::Continue
            }
            Err(NotProven::Wrong) => self.wrong_password("Password incorrect"),
            Err(reason) => self.wrong_password(&reason.to_string()),
        }
    }

    async fn attach_account(&mut self, login: Login, real_name: Arc<str>) -> Result<(), Refusal> {
        let (username, host) = names::account_presentation();
        let who = Who::Account(login.user);
        self.attach(who, Some(login), (username, host, real_name))
            .await
    }

    async fn attach_guest(
        &mut self,
        nick: &str,
        username: Arc<str>,
        real_name: Arc<str>,
    ) -> Result<(), Refusal> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| Refusal::Internal)?;
        let name = AccountName::guest(nick, u128::from_le_bytes(random))?;
        let host = self.guest_host();
        self.attach(Who::Guest(name), None, (username, host, real_name))
            .await
    }

    async fn attach(
        &mut self,
        who: Who,
        login: Option<Login>,
        (username, host, real_name): (Arc<str>, Arc<str>, Arc<str>),
    ) -> Result<(), Refusal> {
        let hub = self.irc.hub.clone();
        let remembered = match &login {
            Some(login) => {
                self.remembered(login.user, login.label.as_deref().unwrap_or_default())
                    .await
            }
            None => None,
        };
        let mode = self.resume_from(hub.head(), remembered);
        self.outbox.set_mode(mode);
        let presentation = Presentation {
            front: crate::FRONT,
            username,
            host,
            real_name,
            since: now(),
            visible: true,
            status: None,
            operator: Operator::Person,
            metadata: Default::default(),
        };
        let renderer = self.irc.renderer.clone();
        let by = login.as_ref().map(|login| login.by);
        let connecting = Connecting {
            away: self.registration.ahead.away.clone(),
            address: Some(self.peer.address),
            who,
            device: by.and_then(Proof::device),
            proof: by.and_then(Proof::password),
            presentation,
            renderer,
            outbox: self.outbox.clone(),
        };
        // The welcome is there before the answer is: from here on nobody may count this one as a stranger.
        self.stranger = None;
        let attached = Session::attach(&hub, connecting).await;
        let session = attached
            .inspect_err(|_| self.stranger = Some(Stranger::new(self.irc.census.clone())))?;
        self.attached_at = hub.head();
        if mode == Mode::Live {
            self.acknowledge(self.attached_at);
        }
        if let Some(name) = hub.world().name_of(session.user()) {
            self.replies.set_target(name.nick().clone());
        }
        self.session = Some(session);
        self.irc.census.most(hub.world().live.by_user.len());
        Ok(())
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
