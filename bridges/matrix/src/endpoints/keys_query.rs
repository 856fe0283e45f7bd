//! `POST /keys/query`: which devices users have, and who they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::keys::SigningRole;
use serde::Deserialize;
use serde_json::json;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Body, Reply};
use crate::keys;

#[derive(Deserialize)]
pub(crate) struct Request {
    device_keys: BTreeMap<String, Vec<String>>,
}

/// Users whom nobody knows are left out, and so are devices without keys.
pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Body(request): Body<Request>,
) -> Answer {
    let world = matrix.hub.world();
    let mut device_keys = BTreeMap::new();
    let mut signing = [
        (SigningRole::Master, BTreeMap::new()),
        (SigningRole::SelfSigning, BTreeMap::new()),
        (SigningRole::UserSigning, BTreeMap::new()),
    ];
    for (user_id, labels) in request.device_keys {
        let user = matrix.find_user(&world, &user_id);
        let Some(owner) = user.and_then(|user| world.state.user(user)) else {
            continue;
        };
        let mut devices = keys::devices(&matrix, &world, owner);
        if !labels.is_empty() {
            devices.retain(|label, _| labels.iter().any(|wanted| **wanted == **label));
        }
        for (role, found) in &mut signing {
            let who = (access.user, &**owner, *role);
            let key = keys::cross_signing(&matrix, &world, who);
            found.extend(key.map(|key| (user_id.clone(), key)));
        }
        device_keys.insert(user_id, devices);
    }
    let [(_, master), (_, self_signing), (_, user_signing)] = signing;
    Ok(Reply(json!({
        "device_keys": device_keys,
        "master_keys": master,
        "self_signing_keys": self_signing,
        "user_signing_keys": user_signing,
        "failures": {},
    })))
}
