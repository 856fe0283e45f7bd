//! The command line: what can be asked of the program, and its exit codes. Each command has a file of its own below.

mod check_config;
mod hash_password;
mod password;
mod run;
mod user;
mod welcome;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// One chat daemon for IRC, Matrix and native clients.
#[derive(Debug, Parser)]
#[command(
    name = "polylogue",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon.
    Run(run::Run),
    /// Look for mistakes in a configuration file and print them all.
    CheckConfig {
        /// The file to look at.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the hash of a password, for the configuration. It is asked for, or read from standard input.
    HashPassword,
    /// Manage accounts, of a running daemon or of a data directory that no daemon uses.
    User(user::User),
}

/// Why a command did not do what was asked; ready to print.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The command line or a configuration is wrong: another attempt fails alike.
    #[error("{0}")]
    Wrong(String),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    /// Any error as one that another attempt may not meet.
    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Any error in what the user wrote.
    fn wrong(error: impl std::fmt::Display) -> Self {
        Self::Wrong(error.to_string())
    }

    /// The exit code: 1 for what failed, 2 for what was wrong (as clap exits for a wrong command line).
    fn code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Wrong(_) => ExitCode::from(2),
        }
    }
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(run) => run.run(),
        Command::CheckConfig { file } => check_config::run(&file),
        Command::HashPassword => hash_password::run(),
        Command::User(user) => user.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "polylogue: {failure}");
            failure.code()
        }
    }
}

/// Writes to standard output. A reader that went away has read enough.
fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("standard output: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
