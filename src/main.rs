//! The Polylogue daemon.
fn main() {}
