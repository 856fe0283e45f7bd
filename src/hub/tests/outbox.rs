//! An outbox over a real socket: several threads put lines in and write, one task waits for the socket, and everything comes out in order.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polylogue_hub::{Mode, Outbox};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

const THREADS: usize = 3;
const LINES: usize = 4_000;

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// What a connection's task does: it sleeps until it is woken or, if the socket took no more, until it does.
async fn attend(outbox: Arc<Outbox>, socket: Arc<TcpStream>) {
    loop {
        if outbox.is_stalled() {
            tokio::select! {
                () = outbox.woken_up() => {}
                ready = socket.writable() => ready.unwrap(),
            }
        } else {
            outbox.woken_up().await;
        }
        outbox.flush();
        if outbox.closed().is_some() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_is_lost_or_overtaken_however_many_write() {
    let (near, mut far) = pair().await;
    let near = Arc::new(near);
    let outbox = Outbox::direct(near.clone(), Mode::Live);
    let task = tokio::spawn(attend(outbox.clone(), near));
    let writers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let outbox = outbox.clone();
            std::thread::spawn(move || {
                for line in 0..LINES {
                    outbox.push(Bytes::from(format!(
                        "{thread} {line} {}\n",
                        "x".repeat(line % 700)
                    )));
                    // Some flush after each line, some after several.
                    if line % (thread + 1) == 0 || line + 1 == LINES {
                        outbox.flush();
                    }
                }
            })
        })
        .collect();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 3_000];
    let mut next = [0; THREADS];
    while next != [LINES; THREADS] {
        // Small reads, so that the socket fills up again and again; a wake-up that got lost would end here.
        let read = tokio::time::timeout(Duration::from_secs(20), far.read(&mut buffer)).await;
        let count = read
            .unwrap_or_else(|_| {
                panic!(
                    "nothing comes any more: {next:?}, {} bytes wait",
                    outbox.waiting()
                )
            })
            .unwrap();
        bytes.extend(buffer.iter().take(count));
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = bytes.drain(..=end).collect();
            let line = String::from_utf8(line).unwrap();
            let mut words = line
                .split(' ')
                .take(2)
                .map(|word| word.parse::<usize>().unwrap());
            let (thread, number) = (words.next().unwrap(), words.next().unwrap());
            let expected = next.get_mut(thread).unwrap();
            assert_eq!(number, *expected, "of thread {thread}");
            *expected += 1;
        }
    }
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(outbox.waiting(), 0);
    // The peer goes away: the task is told.
    drop(far);
    while outbox.closed().is_none() {
        outbox.push(Bytes::from_static(b"anybody?\n"));
        outbox.flush();
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(Duration::from_secs(20), task)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_in_while_another_one_writes_goes_with_it() {
    let (near, mut far) = pair().await;
    let outbox = Outbox::direct(Arc::new(near), Mode::Live);
    let mut buffer = [0; THREADS];
    // In every round all write at once; whoever finds another one writing leaves his line to it.
    for round in 0..3_000 {
        let start = std::sync::Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    outbox.push(Bytes::from_static(b"x"));
                    outbox.flush();
                });
            }
        });
        assert_eq!(outbox.waiting(), 0, "round {round}");
        far.read_exact(&mut buffer).await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_of_nothing_does_not_end_the_connection() {
    let (near, mut far) = pair().await;
    let outbox = Outbox::direct(Arc::new(near), Mode::Live);
    assert!(outbox.hold());
    outbox.release(|_| vec![Bytes::new(), Bytes::from_static(b"line"), Bytes::new()]);
    outbox.flush();
    assert_eq!(outbox.closed(), None);
    let mut read = [0; 4];
    far.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"line");
}
