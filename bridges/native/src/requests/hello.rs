//! `hello`: who speaks, which version, and what it asks for beyond the plain protocol.

use polylogue_native::request::account::Hello;
use polylogue_native::{
    Error, ErrorCode, Feature, ServerHello, ServerLimits, ServerMessage, limits,
};

use crate::client::Client;
use crate::render::Dialect;

/// What the server's program calls itself.
const SOFTWARE: &str = concat!("polylogue ", env!("CARGO_PKG_VERSION"));

/// Greets the client, once.
pub(super) fn greet(client: &mut Client, hello: &Hello) -> Result<ServerMessage, Error> {
    if client.greeted.is_some() {
        let message = "\"hello\" comes once, and first";
        return Err(Error::new(ErrorCode::HelloExpected, message));
    }
    if hello.version != limits::VERSION {
        let message = format!("this server speaks version {}", limits::VERSION);
        return Err(Error::in_field(
            ErrorCode::UnsupportedVersion,
            "version",
            message,
        ));
    }
    let mut features: Vec<Feature> = hello
        .features
        .as_slice()
        .iter()
        .filter(|feature| is_granted(feature))
        .cloned()
        .collect();
    features.sort();
    features.dedup();
    client.greeted = Some(Dialect::of(&features));
    let config = &client.native.config;
    Ok(ServerMessage::Hello(ServerHello {
        server: client.world().state.server_name.clone(),
        software: SOFTWARE.into(),
        version: limits::VERSION,
        features,
        limits: ServerLimits {
            frame_bytes: number(config.frame_bytes),
            text_bytes: number(limits::TEXT),
            history_events: number(config.history_events),
            requests: number(config.requests),
            timeout_seconds: config.timeout_seconds,
        },
    }))
}

fn is_granted(feature: &Feature) -> bool {
    match feature {
        Feature::Typing | Feature::Presence | Feature::Read | Feature::Profile => true,
        Feature::Unknown(_) => false,
    }
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(limits::INTEGER)
}
