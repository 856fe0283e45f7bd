//! A client for the native protocol, from its description and not from the server's types: frames of JSON, answers by their number.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::pattern::has;
use super::{Bindings, Failure, Inbox, Outcome, password, patience};

/// A connection.
pub struct Native {
    stream: Arc<Mutex<TcpStream>>,
    inbox: Inbox<Value>,
    /// Frames before these were expected, or passed over: answers, and everything else.
    read: [usize; 2],
    number: u64,
    /// What the server says that the session can be resumed with.
    pub token: Option<String>,
}

/// Answers, or everything else. Each of the two comes in order; between them there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Answers = 0,
    Events = 1,
}

impl Stream {
    fn of(frame: &Value) -> Self {
        if frame.get("id").is_some() {
            Self::Answers
        } else {
            Self::Events
        }
    }
}

impl Native {
    /// Connects, and says nothing.
    pub fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect_timeout(&address, patience())?;
        stream.set_nodelay(true)?;
        let (reader, inbox) = (stream.try_clone()?, Inbox::default());
        let stream = Arc::new(Mutex::new(stream));
        let (writer, frames) = (Arc::clone(&stream), inbox.clone());
        std::thread::spawn(move || read(reader, &writer, &frames));
        Ok(Self {
            stream,
            inbox,
            read: [0, 0],
            number: 0,
            token: None,
        })
    }

    /// Connects and says hello.
    pub fn hello(address: SocketAddr, features: &[String]) -> Outcome<Self> {
        let mut client = Self::connect(address)?;
        client.ask(
            json!({"type": "hello", "version": 1, "client": "tests/1.0", "features": features}),
        )?;
        Ok(client)
    }

    /// Makes an account and is logged in to it.
    pub fn register(&mut self, account: &str) -> Outcome<()> {
        let answer =
            self.ask(json!({"type": "register", "name": account, "password": password(account)}))?;
        self.token = answer
            .pointer("/session/token")
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(())
    }

    /// Logs in by password.
    pub fn login(&mut self, account: &str) -> Outcome<()> {
        let answer =
            self.ask(json!({"type": "login", "name": account, "password": password(account)}))?;
        self.token = answer
            .pointer("/session/token")
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(())
    }

    /// Logs in by an earlier session's token.
    pub fn resume(&mut self, token: &str) -> Outcome<()> {
        self.ask(json!({"type": "resume", "token": token}))?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// Asks for everything from a place on, and waits until it is live. Gives the cursor at which it became so.
    pub fn subscribe(&mut self, from: &str) -> Outcome<String> {
        self.ask(json!({"type": "subscribe", "from": from}))?;
        let live = self.inbox.wait(patience(), |state| {
            state
                .items
                .iter()
                .find(|frame| frame["type"] == "live")
                .cloned()
        });
        let live = live.ok_or_else(|| {
            Failure::new(format!(
                "the subscription does not become live\n{}",
                self.unread()
            ))
        })?;
        Ok(live["cursor"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends a request and waits for its answer, whatever it is. Gives it a number, if it has none.
    pub fn request(&mut self, mut request: Value) -> Outcome<Value> {
        self.number += 1;
        if let Some(fields) = request.as_object_mut() {
            fields.entry("id").or_insert(self.number.into());
        }
        let (id, start) = (request["id"].clone(), self.inbox.lock().items.len());
        self.send(&request)?;
        let answer = self.inbox.wait(patience(), |state| {
            state
                .items
                .iter()
                .skip(start)
                .find(|frame| frame["id"] == id)
                .cloned()
        });
        answer.ok_or_else(|| Failure::new(format!("no answer to {request}\n{}", self.unread())))
    }

    /// The same, and fails if the answer is an error.
    pub fn ask(&mut self, request: Value) -> Outcome<Value> {
        let answer = self.request(request.clone())?;
        if answer["type"] == "error" {
            Err(Failure::new(format!(
                "{request} was answered with {answer}"
            )))
        } else {
            Ok(answer)
        }
    }

    /// Sends a frame, and waits for nothing.
    pub fn send(&mut self, message: &Value) -> Outcome<()> {
        self.send_body(message.to_string().as_bytes())
    }

    /// Sends bytes as the body of a frame.
    pub fn send_body(&mut self, body: &[u8]) -> Outcome<()> {
        write(&self.stream, &frame(body))
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Outcome<()> {
        write(&self.stream, bytes)
    }

    /// Waits for a frame that has at least this. Answers (what has an `id`) and everything else are looked at apart.
    pub fn expect(&mut self, pattern: &Value, bindings: &mut Bindings) -> Outcome<Value> {
        let streams = streams(pattern);
        let read = self.read;
        let found = self.inbox.wait(patience(), |state| {
            let mut frames = state.items.iter().enumerate();
            let fits = frames.find(|(at, frame)| {
                let stream = Stream::of(frame);
                streams.contains(&stream)
                    && *at >= read[stream as usize]
                    && has(frame, pattern, bindings)
            });
            fits.map(|(at, frame)| (at, frame.clone()))
        });
        match found {
            Some((at, frame)) => {
                self.read[Stream::of(&frame) as usize] = at + 1;
                Ok(frame)
            }
            None => Err(Failure::new(format!(
                "nothing like it came: {pattern}\n{}",
                self.unread()
            ))),
        }
    }

    /// Fails if such a frame came since the last one of its stream that was expected. What others did must be done: see [`Self::sync`].
    pub fn expect_nothing(&mut self, pattern: &Value, bindings: &mut Bindings) -> Outcome<()> {
        self.sync()?;
        let state = self.inbox.lock();
        let mut frames = state.items.iter().enumerate();
        match frames.find(|(at, frame)| {
            *at >= self.read[Stream::of(frame) as usize] && has(frame, pattern, bindings)
        }) {
            None => Ok(()),
            Some((_, frame)) => Err(Failure::new(format!("this came: {frame}"))),
        }
    }

    /// Waits until the server has done everything that was sent, and everything before that has come.
    pub fn sync(&mut self) -> Outcome<()> {
        self.ask(json!({"type": "ping"})).map(drop)
    }

    /// Waits until the server ends the connection.
    pub fn expect_end(&mut self) -> Outcome<()> {
        let ended = self
            .inbox
            .wait(patience(), |state| state.ended.as_ref().map(drop));
        ended.ok_or_else(|| Failure::new(format!("the connection does not end\n{}", self.unread())))
    }

    /// Ends the connection without a word.
    pub fn disconnect(&mut self) {
        if let Ok(stream) = self.stream.lock() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Sends bytes and says that no more will come from here; keeps listening.
    pub fn half_close_after(mut self, bytes: &[u8]) -> Outcome<Self> {
        self.send_bytes(bytes)?;
        if let Ok(stream) = self.stream.lock() {
            let _ = stream.shutdown(Shutdown::Write);
        }
        Ok(self)
    }

    /// The cursor of the last frame that had one.
    pub fn cursor(&self) -> Option<String> {
        self.inbox
            .lock()
            .items
            .iter()
            .rev()
            .find_map(|frame| frame["cursor"].as_str().map(str::to_owned))
    }

    /// Everything that came.
    pub fn all(&self) -> Vec<Value> {
        self.inbox.lock().items.clone()
    }

    /// The frames themselves, for whoever wants to wait for something else.
    pub fn inbox(&self) -> Inbox<Value> {
        self.inbox.clone()
    }

    /// The errors that came and were not expected.
    pub fn unread_errors(&self) -> Vec<Value> {
        let state = self.inbox.lock();
        let unread = state
            .items
            .iter()
            .enumerate()
            .filter(|(at, frame)| *at >= self.read[Stream::of(frame) as usize]);
        unread
            .map(|(_, frame)| frame)
            .filter(|frame| frame["type"] == "error")
            .cloned()
            .collect()
    }

    /// What came and was not expected, for people.
    pub fn unread(&self) -> String {
        let state = self.inbox.lock();
        let mut text = "what came instead:".to_owned();
        for (at, frame) in state.items.iter().enumerate() {
            if at >= self.read[Stream::of(frame) as usize] {
                text.push_str(&format!("\n    {frame}"));
            }
        }
        if let Some(why) = &state.ended {
            text.push_str(&format!("\n    (the connection ended: {why})"));
        }
        text
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        self.disconnect();
    }
}

/// Where a frame like the pattern can be: an error may answer a request or end the connection.
fn streams(pattern: &Value) -> &'static [Stream] {
    match pattern["type"].as_str() {
        Some("ok" | "hello" | "pong") => &[Stream::Answers],
        Some("event" | "signal" | "live" | "reset") => &[Stream::Events],
        Some(_) | None => &[Stream::Answers, Stream::Events],
    }
}

/// A body with its header.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), body].concat()
}

fn write(stream: &Mutex<TcpStream>, bytes: &[u8]) -> Outcome<()> {
    let mut stream = stream
        .lock()
        .map_err(|_| Failure::new("the reader panicked"))?;
    Ok(stream.write_all(bytes)?)
}

/// Reads frames until there are no more, and answers pings.
fn read(mut reader: TcpStream, writer: &Mutex<TcpStream>, inbox: &Inbox<Value>) {
    loop {
        match read_frame(&mut reader) {
            Ok(frame) => {
                if frame["type"] == "ping"
                    && let Some(token) = frame.get("token")
                {
                    // The server finds out by itself that the connection ended.
                    let _ = write(
                        writer,
                        &self::frame(
                            json!({"type": "pong", "token": token})
                                .to_string()
                                .as_bytes(),
                        ),
                    );
                }
                inbox.push(frame);
            }
            Err(error) => return inbox.end(error.to_string()),
        }
    }
}

fn read_frame(reader: &mut TcpStream) -> std::io::Result<Value> {
    let mut header = [0; 4];
    reader.read_exact(&mut header)?;
    let length = u32::from_be_bytes(header);
    if length > 1024 * 1024 {
        return Err(std::io::Error::other(format!("a frame of {length} bytes")));
    }
    let mut body = vec![0; length as usize];
    reader.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
