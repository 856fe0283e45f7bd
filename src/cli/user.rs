//! `polylogue user`: accounts, through the control socket of a running daemon, or in the data directory itself when none runs.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::{Args, Subcommand};

use super::{Failure, password, print};
use crate::config::{Config, Server};
use crate::control::{Client, Request, Response};
use crate::house::{House, Identity};

/// The arguments of `polylogue user`.
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    command: UserCommand,
    /// The configuration that names the data directory.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "/etc/polylogue/polylogue.toml"
    )]
    config: PathBuf,
    /// The data directory itself, as for a development server.
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make an account. The password is asked for, or read from standard input.
    Add {
        /// The account's name, which is its nick on IRC.
        name: String,
    },
    /// Give an account a new password, asked for or read from standard input.
    Passwd {
        /// The account's name.
        name: String,
    },
    /// Close an account: its sessions end, it cannot log in again, its name stays taken.
    Disable {
        /// The account's name.
        name: String,
    },
    /// List the accounts.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl User {
    /// Does it, and prints what came of it.
    pub fn run(self) -> Result<(), Failure> {
        let identity = if self.data_dir.is_some() {
            Identity::Remembered
        } else {
            Identity::Configured
        };
        let config = match &self.data_dir {
            Some(data_dir) => Config {
                server: Server {
                    data_dir: data_dir.clone(),
                    ..Server::default()
                },
                ..Config::default()
            },
            None => Config::load(&self.config).map_err(Failure::wrong)?,
        };
        let response = match Client::connect(&config.server.data_dir).map_err(Failure::failed)? {
            Some(mut daemon) => daemon
                .ask(&self.command.request()?)
                .map_err(Failure::failed)?,
            None => {
                become_owner(&config)?;
                let request = self.command.request()?;
                offline((&config, identity), request)?
            }
        };
        self.command.print(response)
    }
}

impl UserCommand {
    /// What to ask for. Asks for the password where one is needed.
    fn request(&self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Add { name } => Request::AddUser {
                name: name.clone(),
                password: password::ask(name)?,
            },
            Self::Passwd { name } => Request::SetPassword {
                name: name.clone(),
                password: password::ask(name)?,
            },
            Self::Disable { name } => Request::DisableUser { name: name.clone() },
            Self::List { .. } => Request::ListUsers {},
        })
    }

    fn print(&self, response: Response) -> Result<(), Failure> {
        let users = match response {
            Response::Refused { reason } => return Err(Failure::failed(reason)),
            Response::Done {} => return print(&self.done()),
            Response::Users { users } => users,
        };
        match self {
            Self::List { json: true } => print(&format!(
                "{}\n",
                serde_json::to_string(&users).map_err(Failure::failed)?
            )),
            Self::List { json: false }
            | Self::Add { .. }
            | Self::Passwd { .. }
            | Self::Disable { .. } => {
                let line = |user: &crate::control::User| {
                    format!(
                        "{}{}\n",
                        user.name,
                        if user.enabled { "" } else { " (disabled)" }
                    )
                };
                print(&users.iter().map(line).collect::<String>())
            }
        }
    }

    fn done(&self) -> String {
        match self {
            Self::Add { name } => format!("account {name} was made\n"),
            Self::Passwd { name } => format!("account {name} has a new password\n"),
            Self::Disable { name } => format!("account {name} is closed\n"),
            Self::List { .. } => String::new(),
        }
    }
}

/// Opens the data directory in this process, which locks it, and asks the hub there.
fn offline((config, identity): (&Config, Identity), request: Request) -> Result<Response, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    runtime.block_on(async {
        let house = House::open(config, identity).map_err(Failure::failed)?;
        let response = house.administer(request).await;
        house.stop();
        Ok(response)
    })
}

/// Starts this command again as the data directory's owner if root calls it, so that no file there ends up with another owner.
fn become_owner(config: &Config) -> Result<(), Failure> {
    let directory = &config.server.data_dir;
    let owner = std::fs::metadata(directory).map_err(|error| {
        Failure::failed(format!(
            "{}: {error}; start the daemon once to make it",
            directory.display()
        ))
    })?;
    if !rustix::process::geteuid().is_root() || owner.uid() == 0 {
        return Ok(());
    }
    // `exec` returns only if it fails.
    let error = Command::new("/proc/self/exe")
        .args(std::env::args_os().skip(1))
        .uid(owner.uid())
        .gid(owner.gid())
        .exec();
    Err(Failure::failed(format!(
        "cannot act as the owner of {}: {error}",
        directory.display()
    )))
}
