//! What a request says: path, query and body, each checked before an endpoint sees it; and replies. Knows no endpoint.

use axum::body::{Body as Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use polylogue_core::Json;
use polylogue_core::json::JsonError;
use polylogue_matrix::error::ErrorCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::Failure;

/// Bytes of a request's body.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// A JSON body of status 200.
#[derive(Debug)]
pub(crate) struct Reply(pub(crate) Value);

impl Reply {
    /// `{}`
    pub(crate) fn empty() -> Self {
        Self(json!({}))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        reply(200, &self.0)
    }
}

/// A JSON body of any status.
pub(crate) fn reply(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// The parts of the path, decoded.
pub(crate) struct Segments<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(parts)| Self(parts))
            .map_err(|_| Failure::invalid("the path is not valid UTF-8"))
    }
}

/// The query. Parameters that nobody here knows are ignored.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(params)| Self(params)).map_err(|wrong| {
            let words = wrong.body_text();
            let words = words
                .rsplit_once("query string: ")
                .map_or(&*words, |(_, why)| why);
            missing(words).unwrap_or_else(|| Failure::invalid(words.to_owned()))
        })
    }
}

/// A JSON object of a known shape.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        typed(&read(request).await?).map(Self)
    }
}

/// The same where clients may send nothing at all, which then is `{}`.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bytes = read(request).await?;
        typed(if bytes.trim_ascii().is_empty() {
            b"{}"
        } else {
            &bytes
        })
        .map(Self)
    }
}

/// A JSON object as it goes into an event: canonical, kept as it is.
pub(crate) struct Content(pub(crate) Json);

impl<S: Send + Sync> FromRequest<S> for Content {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let value = parse(&read(request).await?)?;
        Ok(Self(canonical(&value)?))
    }
}

/// A JSON object that a client keeps here for itself: numbers may be fractions.
pub(crate) struct AccountData(pub(crate) Json);

impl<S: Send + Sync> FromRequest<S> for AccountData {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        account_data(&parse(&read(request).await?)?).map(Self)
    }
}

/// Checks what is kept for a client.
pub(crate) fn account_data(value: &Value) -> Result<Json, Failure> {
    Json::account_data(value).map_err(refused)
}

/// Checks the rules of canonical JSON.
pub(crate) fn canonical(value: &Value) -> Result<Json, Failure> {
    Json::from_value(value).map_err(refused)
}

fn refused(error: JsonError) -> Failure {
    match error {
        JsonError::Syntax => Failure::new(400, ErrorCode::NotJson, error.to_string()),
        JsonError::NotAnObject | JsonError::Number | JsonError::Depth => {
            Failure::bad_json(error.to_string())
        }
    }
}

/// A value as the shape that an endpoint wants; says which field is wrong.
pub(crate) fn shape<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        let words = error.to_string();
        missing(&words).unwrap_or_else(|| Failure::bad_json(words))
    })
}

/// What serde says of a field that is not there, and nothing of what else may be wrong: the words are all that tells the one from the other
/// (`serde::de::Error::missing_field`).
fn missing(words: &str) -> Option<Failure> {
    let field = words.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(Failure::missing(field))
}

fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let value = parse(bytes)?;
    canonical(&value)?;
    shape(value)
}

fn parse(bytes: &[u8]) -> Result<Value, Failure> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| Failure::new(400, ErrorCode::NotJson, "the body is not JSON"))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Failure::bad_json("the body is not a JSON object"))
    }
}

async fn read(request: Request) -> Result<axum::body::Bytes, Failure> {
    let too_large = || {
        Failure::new(
            413,
            ErrorCode::TooLarge,
            format!("the body is over the limit of {BODY_LIMIT} bytes"),
        )
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), BODY_LIMIT)
        .await
        .map_err(|_| too_large())
}
