//! What every request passes on its way to a route: whether it may come from there, for whom it comes, how long it may take. Knows no path.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use polylogue_hub::{Later, Peer, Waiting};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::Http;
use super::body::{Answer, bounded};
use super::client::{self, NotAnAddress, Source};
use super::local::{self, Foreign};
use super::watch::{Answering, Watch};

/// From a request's head to the end of its body.
const RECEIVE: Duration = Duration::from_secs(30);
/// From a request's head to its response, unless that comes later.
const ANSWER: Duration = Duration::from_secs(120);
/// What requests have left once the server stops: enough for a command, not for a long poll.
const FAREWELL: Duration = Duration::from_secs(1);

/// The requests of one connection.
pub struct Requests {
    http: Arc<Http>,
    peer: Peer,
    source: Source,
    watch: Arc<Watch>,
}

/// Why a request got no further than this.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("{0}")]
    Foreign(#[from] Foreign),
    #[error("{0}")]
    Client(#[from] NotAnAddress),
    #[error("the body did not arrive within {} s", RECEIVE.as_secs())]
    SlowBody,
    #[error("the request was not answered within {} s", ANSWER.as_secs())]
    SlowAnswer,
    #[error("the server is going down")]
    Stopping,
}

impl Requests {
    /// Requests of a connection to this peer.
    pub fn new(http: Arc<Http>, peer: Peer, watch: Arc<Watch>) -> Self {
        let source = http.source(&peer);
        Self {
            http,
            peer,
            source,
            watch,
        }
    }

    /// Who asks.
    fn client<B>(&self, request: &Request<B>) -> Result<Peer, Unanswered> {
        match self.source {
            Source::Client => Ok(self.peer.clone()),
            Source::Proxy => Ok(client::behind(
                &self.peer,
                request.headers(),
                &self.http.proxy,
            )?),
            Source::Local => {
                local::check(request.uri(), request.headers())?;
                Ok(self.peer.clone())
            }
        }
    }
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let answering = Some(self.watch.answering());
        let response: Waiting<Response<Body>> = match self.client(&request) {
            Ok(client) => {
                let (routes, stopping) = (self.http.routes.clone(), self.http.stopping.clone());
                Box::pin(async move {
                    let answered = answer(request, client, routes, &stopping).await;
                    answered.unwrap_or_else(|reason| reason.response())
                })
            }
            Err(reason) => Box::pin(std::future::ready(reason.response())),
        };
        Answered {
            response,
            answering,
        }
    }
}

/// A request being answered. While it waits for an answer that comes [`Later`] nothing else of it is there.
pub struct Answered {
    response: Waiting<Response<Body>>,
    answering: Option<Answering>,
}

impl Future for Answered {
    type Output = Result<Response<Answer>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut response = ready!(self.response.as_mut().poll(cx));
            let later = response.extensions_mut().remove::<Later<Response<Body>>>();
            match later.and_then(Later::take) {
                Some(later) => self.response = later,
                None => {
                    let answering = self.answering.take();
                    return Poll::Ready(Ok(response.map(|body| Answer::new(body, answering))));
                }
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    client: Peer,
    routes: Router,
    stopping: &CancellationToken,
) -> Result<Response<Body>, Unanswered> {
    let (mut head, body) = request.into_parts();
    let (body, released) = bounded(body);
    head.extensions.insert(client);
    let answer = routes.oneshot(Request::from_parts(head, body));
    let stopped = async {
        stopping.cancelled().await;
        sleep(FAREWELL).await;
    };
    tokio::select! {
        Ok(response) = answer => Ok(response),
        () = slow_body(released) => Err(Unanswered::SlowBody),
        () = sleep(ANSWER) => Err(Unanswered::SlowAnswer),
        () = stopped => Err(Unanswered::Stopping),
    }
}

/// Ends when a body has not arrived in time.
async fn slow_body(released: Option<oneshot::Receiver<()>>) {
    let arrived = match released {
        Some(released) => timeout(RECEIVE, released).await.is_ok(),
        None => true,
    };
    if arrived {
        std::future::pending().await
    }
}

impl Unanswered {
    fn status(&self) -> StatusCode {
        match self {
            Self::Foreign(reason) => reason.status(),
            Self::Client(_) => StatusCode::BAD_REQUEST,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::SlowAnswer | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// JSON in the form that Matrix clients read (client-server API "Standard error response"); others read its text.
    fn response(&self) -> Response<Body> {
        let code = match self {
            Self::Foreign(_) => "M_FORBIDDEN",
            Self::Client(_) | Self::SlowBody | Self::SlowAnswer | Self::Stopping => "M_UNKNOWN",
        };
        let body = json!({"errcode": code, "error": self.to_string()}).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        // They say nothing of anybody, and clients in browsers must be able to read them (Matrix client-server API "Web browser clients").
        match self {
            Self::Client(_) | Self::SlowBody | Self::SlowAnswer | Self::Stopping => {
                let anyone = HeaderValue::from_static("*");
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anyone);
            }
            Self::Foreign(_) => {}
        }
        response
    }
}
