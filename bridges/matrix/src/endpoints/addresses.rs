//! `GET /account/3pid`: accounts have no e-mail addresses or telephone numbers here.

use serde_json::json;

use crate::access::Access;
use crate::extract::Reply;

pub(crate) async fn get(_: Access) -> Reply {
    Reply(json!({ "threepids": [] }))
}
