//! `GET /sync`: what is new.

use std::sync::Arc;

use axum::extract::State;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::Params;
use crate::sync::v3;

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Params(request): Params<v3::Request>,
) -> Answer {
    v3::sync(&matrix, &access, request).await
}
