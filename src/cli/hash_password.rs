//! `polylogue hash-password`: the hash of a password, for the configuration.

use super::{Failure, password, print};

/// Asks for a password, or reads it from standard input, and prints its hash.
pub fn run() -> Result<(), Failure> {
    let password = password::ask("the configuration")?;
    let hash = polylogue_hub::hash_password(password.expose()).map_err(Failure::failed)?;
    print(&format!("{hash}\n"))
}
