//! The asking end of the control socket, for commands that run beside the daemon. It waits in place: there is nothing else to do.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{LINE, Request, Response, socket};

/// How long the daemon may take for an answer. A password hash in a queue takes seconds at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a running daemon.
pub struct Client {
    stream: UnixStream,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The connection failed.
    #[error("the daemon does not answer: {0}")]
    Io(#[from] io::Error),
    /// The answer cannot be read.
    #[error("the daemon's answer cannot be read: {0}")]
    Foreign(#[from] serde_json::Error),
}

impl Client {
    /// Connects to the daemon of a data directory; `None` when none runs.
    ///
    /// # Errors
    /// When there is a socket and it cannot be used.
    pub fn connect(data_dir: &Path) -> io::Result<Option<Self>> {
        let path = socket(data_dir);
        match UnixStream::connect(&path) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(Some(Self { stream }))
            }
            // No socket, or one that a dead daemon left behind.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("{}: {error}", path.display()),
            )),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the daemon gives none.
    pub fn ask(&mut self, request: &Request) -> Result<Response, Unanswered> {
        let mut line = Zeroizing::new(serde_json::to_vec(request)?);
        line.push(b'\n');
        self.stream.write_all(&line)?;
        let mut answer = Vec::new();
        // A list of accounts is longer than a request.
        BufReader::new((&self.stream).take(LINE * 1024)).read_until(b'\n', &mut answer)?;
        if answer.is_empty() {
            return Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "it closed the connection; only root and its own user may ask",
            )
            .into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}
