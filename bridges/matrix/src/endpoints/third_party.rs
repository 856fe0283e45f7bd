//! `GET /thirdparty/protocols`: there are no bridges to other networks.

use crate::access::Access;
use crate::extract::Reply;

pub(crate) async fn protocols(_: Access) -> Reply {
    Reply::empty()
}
