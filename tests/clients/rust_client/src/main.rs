//! A client on matrix-sdk (the core of Element X) that lines on standard input drive, for the tests of real clients.
//!
//! usage: rust-client HOMESERVER USER PASSWORD
//!
//! Commands, one per line: `join ALIAS`, `say ALIAS TEXT`, `dm USER TEXT`, `history ALIAS`, `quit`. What happens is printed as one line of JSON
//! each, with the same fields as nio_client.py.
#![recursion_limit = "512"]

use std::collections::BTreeMap;
use std::error::Error;

use matrix_sdk::config::SyncSettings;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::api::client::room::create_room::v3::{Request as CreateRoom, RoomPreset};
use matrix_sdk::ruma::events::room::member::StrippedRoomMemberEvent;
use matrix_sdk::ruma::events::room::message::{
    OriginalSyncRoomMessageEvent, RoomMessageEventContent,
};
use matrix_sdk::ruma::{RoomOrAliasId, UserId};
use matrix_sdk::{Client, Room};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = run().await {
        tell(json!({"event": "error", "what": "client", "message": error.to_string()}));
        std::process::exit(1);
    }
}

async fn run() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [homeserver, user, password] = arguments.as_slice() else {
        return Err("usage: rust-client HOMESERVER USER PASSWORD".into());
    };
    let client = Client::builder().homeserver_url(homeserver).build().await?;
    client.matrix_auth().login_username(user, password).await?;
    client.add_event_handler(message);
    client.add_event_handler(invited);
    client.sync_once(SyncSettings::default()).await?;
    tell(json!({"event": "ready", "user": client.user_id()}));
    // It goes on from where the first one ended.
    let syncing = client.clone();
    tokio::spawn(async move {
        if let Err(error) = syncing.sync(SyncSettings::default()).await {
            tell(json!({"event": "error", "what": "sync", "message": error.to_string()}));
        }
    });
    let mut driver = Driver {
        client,
        rooms: BTreeMap::new(),
    };
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        let done = match words.as_slice() {
            ["join", alias] => driver.join(alias).await,
            ["say", alias, text] => driver.say(alias, text).await,
            ["dm", user, text] => driver.dm(user, text).await,
            ["history", alias] => driver.history(alias).await,
            ["quit"] => break,
            _ => Err("this is no command".into()),
        };
        if let Err(error) = done {
            tell(json!({"event": "error", "what": line, "message": error.to_string()}));
        }
    }
    Ok(())
}

struct Driver {
    client: Client,
    rooms: BTreeMap<String, Room>,
}

impl Driver {
    async fn join(&mut self, alias: &str) -> Outcome<()> {
        let id = <&RoomOrAliasId>::try_from(alias)?;
        let room = self.client.join_room_by_id_or_alias(id, &[]).await?;
        self.rooms.insert(alias.to_owned(), room);
        tell(json!({"event": "joined", "room": alias}));
        Ok(())
    }

    async fn say(&self, alias: &str, text: &str) -> Outcome<()> {
        send(self.room(alias)?, text).await
    }

    async fn dm(&self, peer: &str, text: &str) -> Outcome<()> {
        let peer = <&UserId>::try_from(peer)?;
        let room = match self.client.get_dm_room(peer) {
            Some(room) => room,
            None => {
                let mut wish = CreateRoom::new();
                wish.invite = vec![peer.to_owned()];
                wish.is_direct = true;
                wish.preset = Some(RoomPreset::TrustedPrivateChat);
                self.client.create_room(wish).await?
            }
        };
        send(&room, text).await
    }

    async fn history(&self, alias: &str) -> Outcome<()> {
        let mut options = MessagesOptions::backward();
        options.limit = 50u32.into();
        let page = self.room(alias)?.messages(options).await?;
        let mut bodies = Vec::new();
        for event in page.chunk.iter().rev() {
            let event: Value = event.raw().deserialize_as_unchecked()?;
            if event["type"] == "m.room.message" {
                bodies.push(event["content"]["body"].clone());
            }
        }
        tell(json!({"event": "history", "room": alias, "bodies": bodies}));
        Ok(())
    }

    fn room(&self, alias: &str) -> Outcome<&Room> {
        Ok(self.rooms.get(alias).ok_or("this room was not joined")?)
    }
}

async fn send(room: &Room, text: &str) -> Outcome<()> {
    room.send(RoomMessageEventContent::text_plain(text)).await?;
    tell(json!({"event": "sent", "body": text}));
    Ok(())
}

async fn message(event: OriginalSyncRoomMessageEvent, room: Room) {
    let name = room.canonical_alias().map(|alias| alias.to_string());
    tell(json!({
        "event": "message",
        "room": name.unwrap_or_else(|| room.room_id().to_string()),
        "sender": event.sender,
        "body": event.content.body(),
        "kind": event.content.msgtype(),
    }));
}

/// Whoever invites is followed.
async fn invited(event: StrippedRoomMemberEvent, client: Client, room: Room) {
    if client.user_id().is_some_and(|user| event.state_key == user)
        && let Err(error) = room.join().await
    {
        tell(json!({"event": "error", "what": "join", "message": error.to_string()}));
    }
}

fn tell(event: Value) {
    println!("{event}");
}
