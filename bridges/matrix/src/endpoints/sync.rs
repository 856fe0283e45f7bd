//! `GET /sync`: what is new.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use polylogue_hub::Later;

use crate::Matrix;
use crate::access::Access;
use crate::error::Failure;
use crate::extract::Params;
use crate::routes::open_to_browsers;
use crate::sync::v3::{self, Synced};

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Params(request): Params<v3::Request>,
) -> Result<Response, Failure> {
    Ok(match v3::sync(&matrix, access, request).await? {
        Synced::Now(reply) => reply.into_response(),
        Synced::Waiting(waiting) => {
            let later =
                Later::new(async move { open_to_browsers(waiting.answer().await.into_response()) });
            let mut response = Response::default();
            response.extensions_mut().insert(later);
            response
        }
    })
}
