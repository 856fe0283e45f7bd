//! The `[[webirc]]` tables: gateways that speak for their clients.

use polylogue_hub::is_password_hash;
use serde::{Deserialize, Serialize};

use super::Network;

/// A gateway from the Web to IRC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webirc {
    /// Where it comes from.
    pub address: Vec<Network>,
    /// The hash of the password that it gives, as `polylogue hash-password` prints it.
    pub password_hash: String,
}

impl Webirc {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.address.is_empty() {
            problems.push((
                "address",
                "expected the addresses that the gateway comes from, such as [\"192.0.2.1\"]"
                    .to_owned(),
            ));
        }
        if !is_password_hash(&self.password_hash) {
            problems.push((
                "password_hash",
                "expected what `polylogue hash-password` prints, \"$argon2id$...\"".to_owned(),
            ));
        }
        problems
    }
}
