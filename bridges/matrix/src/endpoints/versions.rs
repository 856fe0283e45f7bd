//! `GET /_matrix/client/versions`: what of the specification is here. A version is named if all of it is here that clients use without asking
//! further; what came later and is here all the same is named by its proposal, as far as clients look for it.
//!
//! Version 1.4 would promise unread counts by thread, and 1.11 media that need a token.

use serde_json::json;

use crate::extract::Reply;

pub(crate) async fn get() -> Reply {
    Reply(json!({
        "versions": ["r0.6.1", "v1.1", "v1.2", "v1.3"],
        "unstable_features": {
            // Read receipts that others do not see.
            "org.matrix.msc2285.stable": true,
            // Threads, the list of them, and relations in both directions (COMPAT(matrix-js-sdk, 43): it asks for these by name).
            "org.matrix.msc3440.stable": true,
            "org.matrix.msc3715.stable": true,
            "org.matrix.msc3856.stable": true,
            // `m.mentions`
            "org.matrix.msc3952_intentional_mentions": true,
        },
    }))
}
