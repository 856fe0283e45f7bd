//! PROTOCOL.md and the types say the same: every example is read, nothing in it is unknown, and nothing that exists is left out.

use std::collections::BTreeSet;

use crate::{
    Envelope, ErrorCode, Event, EventContent, Message, Request, ServerMessage, Signal, body, encode,
};
use serde_json::Value;

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");
const MANUAL: &str = include_str!("../../../../man/polylogue-native.7");

/// The lines of all fenced blocks with this info string.
fn examples(info: &str) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut inside = None;
    for line in PROTOCOL.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(opening), None) => inside = Some(opening),
            (Some(_), Some(_)) => inside = None,
            (None, Some(block)) if block == info => lines.push(line),
            (None, _) => {}
        }
    }
    assert!(!lines.is_empty(), "no block {info}");
    lines
}

fn dialogue(side: &str) -> Vec<&'static str> {
    examples("text dialogue")
        .into_iter()
        .filter_map(|line| line.strip_prefix(side))
        .collect()
}

fn requests() -> Vec<&'static str> {
    [examples("json client"), dialogue("C ")].concat()
}

fn server_messages() -> Vec<&'static str> {
    [examples("json server"), dialogue("S ")].concat()
}

/// Everything that an example says has been understood: it comes back when it is written again.
fn kept(example: &Value, again: &Value) -> bool {
    match (example, again) {
        (Value::Object(example), Value::Object(again)) => example
            .iter()
            .all(|(name, value)| again.get(name).is_some_and(|other| kept(value, other))),
        (Value::Array(example), Value::Array(again)) => {
            example.len() == again.len()
                && example
                    .iter()
                    .zip(again)
                    .all(|(value, other)| kept(value, other))
        }
        (value, other) => value == other,
    }
}

fn check<M: Message + PartialEq + std::fmt::Debug>(example: &str) -> Envelope<M> {
    let message = M::decode(example).unwrap_or_else(|malformed| panic!("{malformed}\n{example}"));
    let again = body(&encode(&message).unwrap());
    assert!(
        kept(
            &serde_json::from_str(example).unwrap(),
            &serde_json::from_slice(&again).unwrap()
        ),
        "{example}\n{again:?}"
    );
    assert_eq!(
        M::decode(std::str::from_utf8(&again).unwrap()).unwrap(),
        message,
        "{example}"
    );
    message
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

#[test]
fn every_request_has_an_example_that_is_read() {
    let shown = names(
        requests()
            .into_iter()
            .map(|example| check::<Request>(example).message.type_name()),
    );
    assert_eq!(shown, names(Request::TYPES.iter().copied()));
}

#[test]
fn every_server_message_has_an_example_that_is_read() {
    let messages: Vec<_> = server_messages()
        .into_iter()
        .map(|example| check::<ServerMessage>(example).message)
        .collect();
    assert_eq!(
        names(messages.iter().map(ServerMessage::type_name)),
        names(ServerMessage::TYPES.iter().copied())
    );
    let signal = |message: &ServerMessage| {
        if let ServerMessage::Signal(frame) = message {
            Some(frame.signal.type_name())
        } else {
            None
        }
    };
    let signals = messages.iter().filter_map(signal);
    assert_eq!(names(signals), names(Signal::TYPES.iter().copied()));
}

#[test]
fn every_event_has_an_example_that_is_read() {
    let read = |example: &str| {
        let frame = format!(r#"{{"type":"event","cursor":"~c","event":{example}}}"#);
        let ServerMessage::Event(frame) = check::<ServerMessage>(&frame).message else {
            panic!("no event: {example}")
        };
        frame.event
    };
    let events: Vec<Event> = examples("json event").into_iter().map(read).collect();
    assert_eq!(
        names(events.iter().map(|event| event.content.type_name())),
        names(EventContent::TYPES.iter().copied())
    );
}

#[test]
fn every_json_block_is_of_a_known_kind() {
    let infos = PROTOCOL
        .lines()
        .filter_map(|line| line.strip_prefix("```json"));
    assert_eq!(names(infos), names([" client", " server", " event"]));
}

#[test]
fn every_code_is_in_the_table_and_says_whether_it_closes() {
    let table = PROTOCOL.split("## 9. Errors").nth(1).unwrap();
    for code in ErrorCode::ALL {
        let start = format!("| `{}` | ", code.as_str());
        let line = table
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("{code:?}"));
        assert_eq!(line.ends_with("; closes |"), code.is_fatal(), "{line}");
    }
}

#[test]
fn the_manual_page_has_everything() {
    let everything = [
        Request::TYPES,
        ServerMessage::TYPES,
        EventContent::TYPES,
        Signal::TYPES,
    ]
    .concat();
    let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
    let words: BTreeSet<&str> = MANUAL
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let missing: Vec<_> = everything
        .into_iter()
        .chain(codes)
        .filter(|name| !words.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
