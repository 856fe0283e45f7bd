//! The answering end of the control socket.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::{LINE, Request, Response, socket};
use crate::house::House;

/// Connections at once; more wait.
const CONNECTIONS: usize = 8;
/// How long a connection may be silent.
const IDLE: Duration = Duration::from_secs(30);

/// A bound control socket. Its file goes when this is dropped.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Makes the socket of a data directory, open to nobody but its owner (and root). A socket left by a dead daemon is replaced:
    /// the caller holds the directory's lock, so no other daemon can be alive behind it.
    ///
    /// # Errors
    /// When the system refuses, naming the path.
    pub fn bind(data_dir: &Path) -> io::Result<Self> {
        let path = socket(data_dir);
        // Bound beside its place and moved there when its mode is set: nobody can connect in between.
        let draft = path.with_extension("new");
        let bind = || {
            match fs::remove_file(&draft) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let listener = UnixListener::bind(&draft)?;
            fs::set_permissions(&draft, fs::Permissions::from_mode(0o600))?;
            fs::rename(&draft, &path)?;
            Ok(listener)
        };
        let listener = bind().map_err(|error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Ok(Self { listener, path })
    }

    /// Answers until told to stop; a request that is being done is done first.
    pub async fn serve(self, house: Arc<House>, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                    Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&house), stop.clone()))),
                    Err(error) => {
                        warn!(%error, "the control socket cannot accept a connection");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                },
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // At worst the next daemon replaces it.
        let _ = fs::remove_file(&self.path);
    }
}

async fn connection(stream: UnixStream, house: Arc<House>, stop: CancellationToken) {
    let asker = match stream.peer_cred() {
        Ok(credentials) if may_ask(credentials.uid()) => credentials.uid(),
        Ok(credentials) => {
            return warn!(
                uid = credentials.uid(),
                "a stranger asked at the control socket"
            );
        }
        Err(error) => return warn!(%error, "the control socket's peer is unknown"),
    };
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Zeroizing::new(Vec::new());
        let mut bounded = (&mut reader).take(LINE);
        let read = tokio::select! {
            () = stop.cancelled() => return,
            read = timeout(IDLE, bounded.read_until(b'\n', &mut line)) => read,
        };
        match read {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return,
        }
        let (response, last) = answer(&line, &house, asker).await;
        let Ok(mut bytes) = serde_json::to_vec(&response) else {
            return;
        };
        bytes.push(b'\n');
        if writer.write_all(&bytes).await.is_err() || last {
            return;
        }
    }
}

/// The answer to one line, and whether the connection ends with it: after a line without an end, what follows has no beginning.
async fn answer(line: &[u8], house: &House, asker: u32) -> (Response, bool) {
    let Some(line) = line.strip_suffix(b"\n") else {
        return (
            Response::Refused {
                reason: format!("a request is one line of at most {LINE} bytes"),
            },
            true,
        );
    };
    match serde_json::from_slice::<Request>(line) {
        Ok(request) => {
            info!(uid = asker, ?request, "administrator's request");
            (house.administer(request).await, false)
        }
        Err(error) => (
            Response::Refused {
                reason: format!("not a request: {error}"),
            },
            false,
        ),
    }
}

/// Root, and the user whom the daemon runs as. The socket's mode says the same; this holds even if the mode is changed.
fn may_ask(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_ourselves_may_ask() {
        let own = rustix::process::geteuid().as_raw();
        assert!(may_ask(0));
        assert!(may_ask(own));
        assert!(!may_ask(own.wrapping_add(1).max(1)));
    }
}
