//! `GET /capabilities`: what clients may offer their users.

use serde_json::json;

use crate::access::Access;
use crate::extract::Reply;

/// The versions that the core makes rooms of; 11 is its default.
pub(crate) async fn get(_: Access) -> Reply {
    Reply(json!({ "capabilities": {
        "m.room_versions": { "default": "11", "available": { "10": "stable", "11": "stable", "12": "stable" } },
        "m.change_password": { "enabled": true },
        "m.set_displayname": { "enabled": true },
        "m.set_avatar_url": { "enabled": true },
        "m.3pid_changes": { "enabled": false },
        "m.get_login_token": { "enabled": true },
    } }))
}
