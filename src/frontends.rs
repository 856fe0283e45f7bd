//! The list of front-ends: one line each.

use std::sync::Arc;

use crate::config::Config;
use crate::frontend::Frontend;
use crate::house::House;
use crate::listen::Protocol;

/// The front-end that serves a protocol.
pub fn open(protocol: Protocol, _house: &House, _config: &Config) -> Option<Arc<dyn Frontend>> {
    match protocol {
        Protocol::Irc => None,
        Protocol::Native => None,
    }
}
