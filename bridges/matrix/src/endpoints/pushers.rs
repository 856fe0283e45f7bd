//! `GET /pushers`: nobody can set one yet, so there are none.

use serde_json::json;

use crate::access::Access;
use crate::extract::Reply;

pub(crate) async fn get(_: Access) -> Reply {
    Reply(json!({ "pushers": [] }))
}
