//! The list of front-ends: one line each.

use std::sync::Arc;

use polylogue_bridge_irc::Irc;
use polylogue_hub::Frontend;

use crate::config::Config;
use crate::house::House;
use crate::listen::Protocol;

/// The front-end that serves a protocol.
pub fn open(protocol: Protocol, house: &House, config: &Config) -> Option<Arc<dyn Frontend>> {
    match protocol {
        Protocol::Irc => Some(Irc::new(house.hub(), config.irc.clone(), motd(config))),
        Protocol::Native => None,
    }
}

/// The text shown to those who connect; a file that can't be read was complained about by `check-config`.
fn motd(config: &Config) -> Option<String> {
    let path = &config.server.motd_file;
    if path.as_os_str().is_empty() {
        return None;
    }
    std::fs::read_to_string(path).inspect_err(|error| tracing::warn!(%error, path = %path.display(), "no message of the day")).ok()
}
