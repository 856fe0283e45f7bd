//! The control socket as its users meet it.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::house::{House, Identity};

/// Runs a daemon's control socket, and a client beside it.
async fn with_daemon<T: Send + 'static>(client: impl FnOnce(&Path) -> T + Send + 'static) -> T {
    let directory = tempfile::tempdir().unwrap();
    let config = crate::config::Config::default().into_development(crate::config::Development {
        server_name: Some("test".to_owned()),
        data_dir: directory.path().to_owned(),
        listen: Vec::new(),
    });
    let house = Arc::new(House::open(&config, Identity::Configured).unwrap());
    let control = Control::bind(directory.path()).unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(control.serve(Arc::clone(&house), stop.clone()));
    let path = directory.path().to_owned();
    let outcome = tokio::task::spawn_blocking(move || client(&path))
        .await
        .unwrap();
    stop.cancel();
    serving.await.unwrap();
    assert!(
        !socket(directory.path()).exists(),
        "the socket goes with the daemon"
    );
    Arc::into_inner(house).unwrap().stop();
    outcome
}

/// Sends bytes as they are and gives all that comes back.
fn send(directory: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket(directory)).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    // A refused line may be cut off with a reset; what was answered before counts.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_socket_is_for_its_owner_alone() {
    let mode = with_daemon(|directory| {
        std::fs::metadata(socket(directory))
            .unwrap()
            .permissions()
            .mode()
    })
    .await;
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bad_lines_are_refused_with_words() {
    let answers = with_daemon(|directory| {
        [
            send(directory, b"hello\n"),
            send(directory, b"{\"request\":\"fry_user\"}\n"),
            send(
                directory,
                b"{\"request\":\"disable_user\",\"nmae\":\"alice\"}\n",
            ),
            send(directory, &[b'x'; 65_537]),
            send(directory, b"{\"request\":\"list_users\"}"),
        ]
    })
    .await;
    for (answer, expected) in answers.iter().zip([
        "not a request",
        "unknown variant",
        "unknown field",
        "one line",
        "one line",
    ]) {
        assert!(answer.starts_with("{\"result\":\"refused\""), "{answer}");
        assert!(answer.contains(expected), "{answer} lacks {expected}");
    }
}

#[test]
fn without_a_daemon_there_is_no_client() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Client::connect(directory.path()).unwrap().is_none());
    // A dead daemon's socket counts as none.
    drop(std::os::unix::net::UnixListener::bind(socket(directory.path())).unwrap());
    assert!(Client::connect(directory.path()).unwrap().is_none());
}

#[test]
fn passwords_travel_but_are_not_printed() {
    let request = Request::AddUser {
        name: "alice".to_owned(),
        password: Secret::new("correct horse".to_owned()),
    };
    let line = serde_json::to_string(&request).unwrap();
    assert_eq!(
        line,
        r#"{"request":"add_user","name":"alice","password":"correct horse"}"#
    );
    assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
    assert!(!format!("{request:?}").contains("horse"));
}
