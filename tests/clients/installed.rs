//! What `tests/clients/install` has installed, and the scripts that drive it.

use std::path::{Path, PathBuf};

use crate::support::{Failure, Outcome};

/// Where `tests/clients/install` puts the clients: beside the profile's folder that the server was built into.
fn clients() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_polylogue"))
        .ancestors()
        .nth(2)
        .expect("target/PROFILE/polylogue");
    target.join("clients")
}

/// A program that was installed.
pub fn installed(program: &str) -> Outcome<PathBuf> {
    let path = clients().join(program);
    if path.exists() {
        return Ok(path);
    }
    Err(Failure::new(format!(
        "{} is not there: run tests/clients/install",
        path.display()
    )))
}

/// A script of this folder.
pub fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(file)
}

/// A script for node, where it finds the modules that were installed.
pub fn module(file: &str) -> Outcome<PathBuf> {
    let script = clients().join(file);
    std::fs::copy(source(file), &script)?;
    Ok(script)
}
