//! What the Matrix front-end must be told.

use serde::{Deserialize, Serialize};

/// The `[matrix]` table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address under which clients reach the client-server API, such as `https://chat.example.org`; without it
    /// `/.well-known/matrix/client` is not found, and clients stay with the address that their user typed.
    pub public_base_url: Option<String>,
    /// Whether clients encrypt new direct conversations unasked (`io.element.e2ee`, `default`).
    pub encrypt_by_default: bool,
}
