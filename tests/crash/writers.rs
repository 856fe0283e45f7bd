//! The clients that talk until the server is cut off, and remember what they were promised.

use serde_json::{Value, json};

use crate::matrix::{View, id};
use crate::support::http::{Ask, Http};
use crate::support::irc::Identity;
use crate::support::{Inbox, Irc, Native, Outcome, patience};
use crate::{Addresses, ROOM, Seen};

/// Messages of a writer that wait for their acknowledgement at once.
const IN_FLIGHT: usize = 8;

/// Somebody who talks, over all lives of the server.
pub struct Writer {
    /// The first word of everything that he says.
    pub name: String,
    /// What the server acknowledged to him.
    pub acknowledged: Vec<Seen>,
    /// What he saw, of himself and of others: one list for each connection on IRC, one for all on native and on Matrix.
    pub seen: Vec<Vec<Seen>>,
    /// What he said so far.
    said: u64,
    way: Way,
}

enum Way {
    /// With an account on IRC, or as a guest. What was not acknowledged when the connection ended is not said again.
    Irc { account: Option<String> },
    /// On native: goes on from the cursor, and says again with the same key what was not acknowledged.
    Native {
        token: String,
        cursor: Option<String>,
        unacknowledged: Vec<String>,
    },
    /// On Matrix: goes on from the token of the last sync, and says again with the same transaction id what was not acknowledged, and what was.
    Matrix {
        view: View,
        unacknowledged: Vec<String>,
    },
}

impl Writer {
    /// All writers, with their accounts.
    pub fn cast(addresses: Addresses) -> Outcome<Vec<Self>> {
        let mut writers = Vec::new();
        for name in ["anna", "arno"] {
            Native::hello(addresses.native, &[])?.register(name)?;
            writers.push(Self::new(
                name,
                Way::Irc {
                    account: Some(name.to_owned()),
                },
            ));
        }
        for name in ["gast", "gustl"] {
            writers.push(Self::new(name, Way::Irc { account: None }));
        }
        for name in ["nora", "nils", "nele", "nick"] {
            let mut client = Native::hello(addresses.native, &[])?;
            client.register(name)?;
            client.ask(json!({"type": "join", "room": ROOM}))?;
            let cursor = Some(client.subscribe("now")?);
            let token = client.token.take().unwrap_or_default();
            writers.push(Self::new(
                name,
                Way::Native {
                    token,
                    cursor,
                    unacknowledged: Vec::new(),
                },
            ));
        }
        for name in ["mara", "milo", "mina"] {
            Native::hello(addresses.native, &[])?.register(name)?;
            let view = View::begin(addresses.http, name)?;
            let unacknowledged = Vec::new();
            writers.push(Self::new(
                name,
                Way::Matrix {
                    view,
                    unacknowledged,
                },
            ));
        }
        Ok(writers)
    }

    fn new(name: &str, way: Way) -> Self {
        Self {
            name: name.to_owned(),
            acknowledged: Vec::new(),
            seen: vec![Vec::new()],
            said: 0,
            way,
        }
    }

    /// Whether what he saw is everything from some message on, without a gap.
    pub fn sees_everything(&self) -> bool {
        matches!(self.way, Way::Native { .. } | Way::Matrix { .. })
    }

    /// Talks until the connection ends. A server that goes down while he comes in is no failure: it is what the test is about.
    pub fn write_until_cut(&mut self, addresses: Addresses, acknowledged: &Inbox<String>) {
        let outcome = match self.way {
            Way::Irc { .. } => self.write_on_irc(addresses, acknowledged),
            Way::Native { .. } => self.write_on_native(addresses, acknowledged),
            Way::Matrix { .. } => self.write_on_matrix(addresses, acknowledged),
        };
        // Only whoever was not cut has something to complain of.
        if let Err(failure) = outcome {
            assert!(
                !Irc::connect(addresses.irc).is_ok_and(|mut probe| probe.sync().is_ok()),
                "{}: {failure}",
                self.name
            );
        }
    }

    fn next_text(&mut self) -> String {
        self.said += 1;
        format!("{} {}", self.name, self.said)
    }

    fn write_on_irc(&mut self, addresses: Addresses, acknowledged: &Inbox<String>) -> Outcome<()> {
        let Way::Irc { account } = &self.way else {
            return Ok(());
        };
        let capabilities = ["message-tags", "echo-message", "server-time"]
            .map(str::to_owned)
            .to_vec();
        let identity = Identity {
            nick: self.name.clone(),
            account: account.clone(),
            capabilities,
        };
        let mut client = Irc::login(addresses.irc, &identity)?;
        client.send(&format!("JOIN {ROOM}"))?;
        let answer = client.expect(&format!("* {ROOM} :*"))?;
        assert!(answer.contains(" 353 "), "not let in: {answer}");
        client.expect("* 366 *")?;
        let inbox = client.inbox();
        let (mut read, mut waiting) = (inbox.lock().items.len(), Vec::new());
        self.seen.push(Vec::new());
        loop {
            while waiting.len() < IN_FLIGHT {
                let text = self.next_text();
                waiting.push(text.clone());
                // Cut off here, the rest of what came is still to be read.
                if client.send(&format!("PRIVMSG {ROOM} :{text}")).is_err() {
                    break;
                }
            }
            let more = inbox.wait(patience(), |state| {
                (state.items.len() > read)
                    .then(|| state.items.get(read..).unwrap_or_default().to_vec())
            });
            let Some(lines) = more else {
                return if inbox.lock().ended.is_some() {
                    Ok(())
                } else {
                    Err(crate::support::Failure::new("nothing comes"))
                };
            };
            read += lines.len();
            for message in lines.iter().filter_map(|line| message(line)) {
                if let Some(at) = waiting.iter().position(|text| *text == message.text) {
                    waiting.remove(at);
                    self.acknowledged.push(message.clone());
                    acknowledged.push(self.name.clone());
                }
                self.seen.last_mut().expect("pushed above").push(message);
            }
        }
    }

    fn write_on_native(
        &mut self,
        addresses: Addresses,
        acknowledged: &Inbox<String>,
    ) -> Outcome<()> {
        let Way::Native {
            token,
            cursor,
            unacknowledged,
        } = &self.way
        else {
            return Ok(());
        };
        let (token, from, again) = (
            token.clone(),
            cursor.clone().unwrap_or_default(),
            unacknowledged.clone(),
        );
        let mut client = Native::hello(addresses.native, &[])?;
        client.resume(&token)?;
        let inbox = client.inbox();
        let mut read = inbox.lock().items.len();
        client.send(&json!({"type": "subscribe", "id": 0, "from": from}))?;
        let mut to_say: std::collections::VecDeque<_> = again.into();
        let mut waiting = Vec::new();
        loop {
            while waiting.len() < IN_FLIGHT {
                let text = to_say.pop_front().unwrap_or_else(|| self.next_text());
                waiting.push(text.clone());
                if client.send(&json!({"type": "say", "id": text_number(&text), "room": ROOM, "text": text, "key": text})).is_err() {
                    break;
                }
            }
            let more = inbox.wait(patience(), |state| {
                (state.items.len() > read)
                    .then(|| state.items.get(read..).unwrap_or_default().to_vec())
            });
            let frames = more.unwrap_or_default();
            read += frames.len();
            let is_over = frames.is_empty();
            for frame in frames {
                if let Some(at) = waiting
                    .iter()
                    .position(|text| frame["id"] == text_number(text))
                {
                    let Some(id) = frame.pointer("/sent/event").and_then(Value::as_str) else {
                        return Err(crate::support::Failure::new(format!("refused: {frame}")));
                    };
                    let text = waiting.remove(at);
                    self.acknowledged.push(Seen {
                        id: id.to_owned(),
                        text,
                    });
                    acknowledged.push(self.name.clone());
                }
                if let Some(message) = event(&frame) {
                    self.seen
                        .first_mut()
                        .expect("there from the first")
                        .push(message);
                }
            }
            // Kept as it goes: the connection may end anywhere.
            if let Way::Native {
                cursor,
                unacknowledged,
                ..
            } = &mut self.way
            {
                *cursor = client.cursor().or(cursor.take());
                unacknowledged.clear();
                unacknowledged.extend(waiting.iter().chain(&to_say).cloned());
            }
            if is_over {
                return if inbox.lock().ended.is_some() {
                    Ok(())
                } else {
                    Err(crate::support::Failure::new("nothing comes"))
                };
            }
        }
    }
}

impl Writer {
    /// Reads what came since he last looked, now that nothing hurries him: between two kills a busy machine may be too slow for that.
    pub fn catch_up(&mut self, addresses: Addresses) -> Outcome<()> {
        if let Way::Matrix { view, .. } = &mut self.way {
            let mut http = Http::connect(addresses.http, patience())?;
            let missed = view.catch_up(&mut http)?;
            self.seen
                .first_mut()
                .expect("there from the first")
                .extend(missed);
        }
        Ok(())
    }

    /// Writes over one connection and reads over another.
    fn write_on_matrix(
        &mut self,
        addresses: Addresses,
        acknowledged: &Inbox<String>,
    ) -> Outcome<()> {
        let Way::Matrix {
            view,
            unacknowledged,
        } = &self.way
        else {
            return Ok(());
        };
        let (mut eyes, mut to_say) = (view.clone(), unacknowledged.clone());
        to_say.reverse();
        let mut http = Http::connect(addresses.http, patience())?;
        let mut reading = Http::connect(addresses.http, patience() * 4)?;
        let socket = reading.socket()?;
        let mut seen = Vec::new();
        let outcome = std::thread::scope(|scope| {
            let reader = scope.spawn(|| -> Outcome<()> {
                loop {
                    seen.extend(eyes.wait(&mut reading)?);
                }
            });
            let outcome = self.put_until_cut(&mut http, &mut to_say, acknowledged);
            let _ = socket.shutdown(std::net::Shutdown::Both);
            outcome.and(reader.join().expect("it only fails"))
        });
        self.seen
            .first_mut()
            .expect("there from the first")
            .extend(seen);
        if let Way::Matrix {
            view,
            unacknowledged,
        } = &mut self.way
        {
            *view = eyes;
            to_say.reverse();
            *unacknowledged = to_say;
        }
        outcome
    }

    /// Says what is to be said (the last first), then new things. What is left was not acknowledged.
    fn put_until_cut(
        &mut self,
        http: &mut Http,
        to_say: &mut Vec<String>,
        acknowledged: &Inbox<String>,
    ) -> Outcome<()> {
        let Way::Matrix { view, .. } = &self.way else {
            return Ok(());
        };
        let view = view.clone();
        let put = |http: &mut Http, text: &str| {
            let body = json!({"msgtype": "m.text", "body": text});
            let (target, token) = (view.path_of(text), Some(view.token.as_str()));
            http.send(Ask {
                method: "PUT",
                target: &target,
                token,
                body: Some(&body),
            })
        };
        // Said again, it is the same event.
        if let Some(last) = self.acknowledged.last() {
            put(http, &last.text)?;
            let Ok(answer) = http.receive() else {
                return Ok(());
            };
            assert_eq!(
                id(&answer.body).as_ref(),
                Some(&last.id),
                "{last:?}: {answer:?}"
            );
        }
        let mut waiting = std::collections::VecDeque::new();
        let outcome = loop {
            while waiting.len() < IN_FLIGHT {
                let text = to_say.pop().unwrap_or_else(|| self.next_text());
                let sent = put(http, &text);
                waiting.push_back(text);
                if sent.is_err() {
                    break;
                }
            }
            // Cut off.
            let Ok(answer) = http.receive() else {
                break Ok(());
            };
            let Some(id) = id(&answer.body) else {
                break Err(crate::support::Failure::new(format!("refused: {answer:?}")));
            };
            let text = waiting.pop_front().unwrap_or_default();
            self.acknowledged.push(Seen { id, text });
            acknowledged.push(self.name.clone());
        };
        to_say.extend(waiting.into_iter().rev());
        outcome
    }
}

/// The number in what a writer said.
fn text_number(text: &str) -> u64 {
    text.split(' ')
        .next_back()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// A line of IRC as a message to the room, if it is one.
pub fn message(line: &str) -> Option<Seen> {
    let (tags, rest) = line.strip_prefix('@')?.split_once(' ')?;
    let id = tags.split(';').find_map(|tag| tag.strip_prefix("msgid="))?;
    let (_source, command) = rest.split_once(' ')?;
    let text = command
        .strip_prefix("PRIVMSG ")?
        .strip_prefix(ROOM)?
        .trim_start();
    let text = text.strip_prefix(':').unwrap_or(text);
    Some(Seen {
        id: id.to_owned(),
        text: text.to_owned(),
    })
}

/// A frame as a message to the room, if it is one.
pub fn event(frame: &Value) -> Option<Seen> {
    let event = frame.get("event").unwrap_or(frame);
    if event["type"] != "message" {
        return None;
    }
    Some(Seen {
        id: event["id"].as_str()?.to_owned(),
        text: event["text"].as_str()?.to_owned(),
    })
}
