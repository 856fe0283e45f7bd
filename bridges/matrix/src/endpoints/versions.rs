//! `GET /_matrix/client/versions`: what of the specification is here.

use serde_json::json;

use crate::extract::Reply;

pub(crate) async fn get() -> Reply {
    let versions = [
        "r0.6.1", "v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10",
        "v1.11", "v1.12",
    ];
    Reply(json!({ "versions": versions, "unstable_features": {} }))
}
