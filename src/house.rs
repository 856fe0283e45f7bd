//! The one place where the daemon touches the hub: it opens it for a configuration, asks it what administrators ask, and stops it.

use std::sync::Arc;

use polylogue_core::command::{AccountState, Actor, OtherDevices};
use polylogue_core::name::AccountName;
use polylogue_core::secret::{Password, PasswordHash};
use polylogue_core::user::UserKind;
use polylogue_core::{Command, Refusal, UserId};
use polylogue_hub::{Hub, OpenError, Registration, RegistrationTokens};

use crate::config::{Config, Limits, Network, RegistrationMode};
use crate::control::{Request, Response, User};

/// The open hub of one data directory.
pub struct House {
    hub: Arc<Hub>,
    registration: crate::config::Registration,
}

/// Under which name a data directory is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// The configured one; a directory of another server is refused.
    Configured,
    /// The one that the directory remembers: for whoever names only the directory.
    Remembered,
}

impl House {
    /// Opens the data directory that a configuration names, and makes it if it is absent. May take long after a crash or an upgrade.
    ///
    /// # Errors
    /// When the directory is in use, belongs to another server name, or cannot be read.
    pub fn open(config: &Config, identity: Identity) -> Result<Self, OpenError> {
        let hub = Hub::open(&polylogue_hub::Config {
            data_dir: config.server.data_dir.clone(),
            server_name: match identity {
                Identity::Configured => Some(config.server.name.clone()),
                Identity::Remembered => None,
            },
            registration: registration(&config.registration),
            limits: limits(&config.limits),
            operators: operators(&config.operator),
            trusted: trusted(config),
            ..polylogue_hub::Config::default()
        })?;
        Ok(Self {
            hub,
            registration: config.registration.clone(),
        })
    }

    /// The hub, for front-ends.
    pub fn hub(&self) -> Arc<Hub> {
        Arc::clone(&self.hub)
    }

    /// Does what an administrator asks.
    pub async fn administer(&self, request: Request) -> Response {
        let done = match request {
            Request::AddUser { name, password } => self.add_user(&name, password.expose()).await,
            Request::SetPassword { name, password } => {
                self.set_password(&name, password.expose()).await
            }
            Request::DisableUser { name } => self.disable_user(&name).await,
            Request::ListUsers {} => {
                return Response::Users {
                    users: self.users(),
                };
            }
        };
        match done {
            Ok(()) => Response::Done {},
            Err(refusal) => Response::Refused {
                reason: refusal.to_string(),
            },
        }
    }

    /// Reads the file with registration tokens again. Should that fail, the old ones stay in use.
    pub fn reload(&self) {
        let configured = &self.registration;
        let is_used = configured.mode == RegistrationMode::Token
            && !configured.tokens_file.as_os_str().is_empty();
        if !is_used {
            return;
        }
        match configured.tokens_of_file() {
            Ok(of_file) => {
                self.hub.set_registration(by_token(configured, &of_file));
                tracing::info!(
                    tokens = of_file.len(),
                    "the registration tokens were read again"
                );
            }
            Err(error) => {
                let path = configured.tokens_file.display();
                tracing::error!(%error, %path, "the old registration tokens stay in use");
            }
        }
    }

    /// Whether commands are being decided and committed: what the watchdog of the service manager may be told.
    pub fn is_alive(&self) -> bool {
        !self.hub.has_failed()
    }

    /// Waits until a server operator asks for what SIGHUP does.
    pub async fn reload_wanted(&self) {
        self.hub.reload_wanted().await;
    }

    /// Writes what is left and closes the directory.
    pub fn stop(self) {
        self.hub.stop();
    }

    async fn add_user(&self, name: &str, password: &str) -> Result<(), Refusal> {
        let name = AccountName::from_nick(name)?;
        self.hub
            .register(
                Actor::ADMINISTRATOR,
                name,
                Password::new(password.to_owned()),
            )
            .await
            .map(drop)
    }

    async fn set_password(&self, name: &str, password: &str) -> Result<(), Refusal> {
        let user = self.account(name)?;
        let password = (Password::new(password.to_owned()), OtherDevices::LogOut);
        self.hub
            .set_password(Actor::ADMINISTRATOR, user, password)
            .await
            .map(drop)
    }

    async fn disable_user(&self, name: &str) -> Result<(), Refusal> {
        let user = self.account(name)?;
        let command = Command::Disable {
            user,
            state: AccountState::Disabled,
        };
        self.hub
            .submit(polylogue_hub::Request::new(Actor::ADMINISTRATOR, command))
            .await
            .map(drop)
    }

    fn account(&self, name: &str) -> Result<UserId, Refusal> {
        let world = self.hub.world();
        world
            .user_named(name)
            .filter(|user| world.is_account(*user))
            .ok_or(Refusal::NoSuchUser)
    }

    fn users(&self) -> Vec<User> {
        let world = self.hub.world();
        let accounts = world
            .state
            .users
            .values()
            .filter(|user| user.kind == UserKind::Account);
        let mut users: Vec<_> = accounts
            .map(|user| User {
                name: user.name.nick().to_string(),
                enabled: !user.disabled,
            })
            .collect();
        users.sort_by_key(|user| user.name.to_ascii_lowercase());
        users
    }
}

/// Who may make an account. Of a file with tokens that can't be read the log tells, and none of its tokens is one.
fn registration(configured: &crate::config::Registration) -> Registration {
    match configured.mode {
        RegistrationMode::Open => Registration::Open,
        RegistrationMode::Closed => Registration::Closed,
        RegistrationMode::Token => {
            let of_file = configured.tokens_of_file().inspect_err(|error| {
                let path = configured.tokens_file.display();
                tracing::warn!(%error, %path, "no registration tokens from this file");
            });
            by_token(configured, &of_file.unwrap_or_default())
        }
    }
}

/// Where those come from who speak for others.
fn trusted(config: &Config) -> Vec<Network> {
    let proxies = config.listen.iter().flat_map(|listener| &listener.proxy);
    let gateways = config.webirc.iter().flat_map(|gateway| &gateway.address);
    proxies.chain(gateways).copied().collect()
}

/// By the tokens of the configuration and those of the file.
fn by_token(configured: &crate::config::Registration, of_file: &[String]) -> Registration {
    let tokens = configured.tokens.iter().chain(of_file);
    Registration::Token(RegistrationTokens::new(tokens.map(String::as_str)))
}

/// The operators whose hash can be read; of the others the log tells.
fn operators(configured: &[crate::config::Operator]) -> Vec<polylogue_hub::Operator> {
    let read = configured.iter().filter_map(|operator| {
        let name = operator.name.as_str();
        let hash = operator
            .hash()
            .inspect_err(
                |error| tracing::warn!(%error, operator = name, path = %operator.password_file.display(), "no such operator"),
            )
            .ok()?;
        Some(polylogue_hub::Operator {
            name: name.into(),
            password: PasswordHash(hash.into()),
        })
    });
    read.collect()
}

/// The part of the configured limits that the hub keeps.
fn limits(limits: &Limits) -> polylogue_hub::Limits {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    polylogue_hub::Limits {
        message_burst: limits.message_burst,
        messages_per_second: limits.messages_per_second,
        login_failures: limits.login_failures,
        login_window_seconds: limits.login_window_seconds,
        login_failures_per_day: limits.login_failures_per_day,
        password_hashes: size(limits.password_hashes),
        registrations_per_hour: limits.registrations_per_hour,
        event_bytes: size(limits.event_bytes),
        guest_absence_seconds: limits.guest_absence_seconds,
    }
}
