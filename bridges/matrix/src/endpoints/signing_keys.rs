//! `POST /keys/device_signing/upload` and `POST /keys/signatures/upload`: who an account is, and whom it trusts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::keys::{KeysCommand, SigningRole};
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request as Ask;
use polylogue_matrix::uia::Auth;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::{Access, Confidential};
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply};
use crate::{keys, proof};

#[derive(Deserialize)]
pub(crate) struct Request {
    auth: Option<Auth>,
    master_key: Option<Value>,
    self_signing_key: Option<Value>,
    user_signing_key: Option<Value>,
}

/// The password is asked for only if the core wants it (MSC3967): never for an account's first keys.
pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    confidential: Result<Confidential, Failure>,
    Body(request): Body<Request>,
) -> Answer {
    let given = [
        (SigningRole::Master, request.master_key),
        (SigningRole::SelfSigning, request.self_signing_key),
        (SigningRole::UserSigning, request.user_signing_key),
    ];
    let uploaded = {
        let world = matrix.hub.world();
        let user = world.state.user(access.user).ok_or(Refusal::NoSuchUser)?;
        let user_id = matrix.user_id(&world, access.user);
        let given = given
            .into_iter()
            .filter_map(|(role, value)| Some((role, value?)));
        let keys = given.map(|(role, value)| {
            keys::signing(value, (user, &user_id), role).map(|key| (role, key))
        });
        keys.collect::<Result<Vec<_>, _>>()?
    };
    let upload = |actor| {
        Ask::new(
            actor,
            Command::Keys(KeysCommand::UploadSigning(uploaded.clone())),
        )
    };
    match matrix.hub.submit(upload(access.actor())).await {
        Ok(_) => {}
        Err(Refusal::ProofNeeded) => {
            if request.auth.is_some() {
                confidential?;
            }
            let actor = proof::password(&matrix, &access, request.auth).await?;
            matrix.hub.submit(upload(actor)).await?;
        }
        Err(refusal) => return Err(refusal.into()),
    }
    Ok(Reply::empty())
}

/// Each signature stands for itself: those that are refused are named in the reply.
pub(crate) async fn sign(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Body(request): Body<BTreeMap<String, BTreeMap<String, Value>>>,
) -> Answer {
    let mut failures: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (user_id, objects) in request {
        for (id, value) in objects {
            let Err(failure) = sign_one(&matrix, &access, (&user_id, &id, value)).await else {
                continue;
            };
            let Failure::Error(error) = failure else {
                return Err(failure);
            };
            if error.status >= 500 {
                return Err(Failure::Error(error));
            }
            failures
                .entry(user_id.clone())
                .or_default()
                .insert(id, error.body());
        }
    }
    Ok(Reply(json!({ "failures": failures })))
}

async fn sign_one(
    matrix: &Matrix,
    access: &Access,
    (user_id, id, value): (&str, &str, Value),
) -> Result<(), Failure> {
    let signed = keys::signed(value)?;
    let command = {
        let world = matrix.hub.world();
        let owner = matrix.user(&world, user_id)?;
        let owner = world.state.user(owner).ok_or(Refusal::NoSuchUser)?;
        let name = keys::named(owner, id).ok_or_else(|| Failure::not_found("no such key"))?;
        Command::Keys(KeysCommand::Sign {
            owner: owner.id,
            name,
            signed: signed.by(&matrix.user_id(&world, access.user)),
        })
    };
    let request = Ask::new(access.actor(), command);
    Ok(matrix.hub.submit(request).await.map(drop)?)
}
