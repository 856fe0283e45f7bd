//! Somebody who reads each answer with the types of ruma: clients in Rust are built on them, and what the client-server API requires of an answer
//! is required there.

use std::fmt::Debug;
use std::net::SocketAddr;

use ruma::api::client::uiaa::UiaaResponse;
use ruma::api::error::FromHttpResponseError;
use ruma::api::{IncomingResponse, IncomingResponseExt as _};
use ruma::exports::http::Response;
use serde_json::Value;

use crate::support::http::{Answer, Ask, Http, segment};
use crate::support::matrix::{API, Matrix};
use crate::support::{Failure, Outcome, patience};

/// Somebody who is logged in, reads, and remembers.
pub struct Reader {
    http: Http,
    token: String,
    /// What `{name}` stands for in a request.
    names: Vec<(String, String)>,
    last: Value,
    wrong: Vec<String>,
}

impl Reader {
    /// Makes an account. `{me}` is its user id.
    pub fn register(address: SocketAddr, account: &str) -> Outcome<Self> {
        let matrix = Matrix::register(address, account)?;
        Ok(Self {
            http: Http::connect(address, patience())?,
            token: matrix.token.clone(),
            names: vec![("{me}".to_owned(), matrix.user_id.clone())],
            last: Value::Null,
            wrong: Vec::new(),
        })
    }

    /// Sends a request (method and path, below `/_matrix/client/v3` unless `~` says from the root; the body, if there is one) and reads its success.
    pub fn reads<R: IncomingResponse<EndpointError: Debug>>(
        &mut self,
        line: &str,
        body: &str,
    ) -> Outcome<()> {
        let answer = self.ask(line, body)?;
        if let Err(error) = parse::<R>(&answer) {
            self.complain(line, &answer, &format!("{error:?}"));
        }
        Ok(())
    }

    /// The same for a request that needs a proof first: reads what clients need to give it.
    pub fn is_challenged<R: IncomingResponse<EndpointError = UiaaResponse>>(
        &mut self,
        line: &str,
        body: &str,
    ) -> Outcome<()> {
        let answer = self.ask(line, body)?;
        match parse::<R>(&answer) {
            Err(FromHttpResponseError::Server(UiaaResponse::AuthResponse(info)))
                if info.session.is_some() && !info.flows.is_empty() && info.params.is_some() => {}
            _ => self.complain(line, &answer, "this is no challenge"),
        }
        Ok(())
    }

    /// Remembers a member of the last answer (a JSON pointer).
    pub fn keep(&mut self, name: &str, pointer: &str) -> Outcome<()> {
        let found = self.last.pointer(pointer).and_then(Value::as_str);
        let found = found.ok_or_else(|| Failure::new(format!("no {pointer} in {}", self.last)))?;
        self.names
            .insert(0, (format!("{{{name}}}"), found.to_owned()));
        Ok(())
    }

    /// Fails with everything that could not be read.
    pub fn is_content(&self) -> Outcome<()> {
        match self.wrong.as_slice() {
            [] => Ok(()),
            wrong => Err(Failure::new(wrong.join("\n"))),
        }
    }

    fn ask(&mut self, line: &str, body: &str) -> Outcome<Answer> {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let path = self.filled(path, segment);
        let target = match path.strip_prefix('~') {
            Some(path) => path.to_owned(),
            None => format!("{API}{path}"),
        };
        let body = match self.filled(body, str::to_owned).as_str() {
            "" => None,
            body => {
                Some(serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
            }
        };
        let answer = self.http.request(Ask {
            method,
            target: &target,
            token: Some(&self.token),
            body: body.as_ref(),
        })?;
        self.last = answer.body.clone();
        Ok(answer)
    }

    fn filled(&self, text: &str, written: impl Fn(&str) -> String) -> String {
        let names = self.names.iter();
        names.fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, &written(value))
        })
    }

    fn complain(&mut self, line: &str, answer: &Answer, why: &str) {
        let Answer { status, body } = answer;
        self.wrong
            .push(format!("{line} -> {status} {body}\n    {why}"));
    }
}

fn parse<R: IncomingResponse>(
    answer: &Answer,
) -> Result<R, FromHttpResponseError<R::EndpointError>> {
    let body = answer.body.to_string();
    let response = Response::builder().status(answer.status);
    let response = response.header("Content-Type", "application/json");
    R::try_from_http_response(response.body(body.as_bytes()).expect("a status and a body"))
}
