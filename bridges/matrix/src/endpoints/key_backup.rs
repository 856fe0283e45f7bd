//! `GET /room_keys/version`: nobody can keep a copy of keys here yet, so there is none.

use crate::access::Access;
use crate::error::Failure;

/// COMPAT(matrix-js-sdk, 43; matrix-sdk, 0.18): they ask when they start, and take no other code for this.
pub(crate) async fn latest(_: Access) -> Failure {
    Failure::not_found("there is no backup of keys")
}
