//! `GET /thirdparty/...`: there are no bridges to other networks.

use serde_json::json;

use crate::access::Access;
use crate::error::Failure;
use crate::extract::Reply;

pub(crate) async fn protocols(_: Access) -> Reply {
    Reply::empty()
}

/// `/thirdparty/{protocol,location,user}/{protocol}`
pub(crate) async fn protocol(_: Access) -> Failure {
    Failure::not_found("there is no such protocol")
}

/// `/thirdparty/{location,user}`: what stands for an alias or a user elsewhere.
pub(crate) async fn none(_: Access) -> Reply {
    Reply(json!([]))
}
