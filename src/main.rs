//! The Polylogue daemon: one process in which IRC, Matrix and native clients share the same accounts, rooms and history. This file starts what the command line asks for.

mod cli;
mod config;
mod control;
mod frontends;
mod house;
mod http;
mod lifecycle;
mod listen;
mod telemetry;
mod tls;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
