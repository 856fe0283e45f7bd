//! `SESSIONS`: the connections and devices of one's account, on every protocol, and how to end them.

use polylogue_core::user::Device;
use polylogue_core::{Command, SessionId};
use polylogue_irc::ServerTime;

use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "SESSIONS",
    aliases: &["CLIENTS", "DEVICES"],
    syntax: "[LIST | LOGOUT <number or device>...]",
    about: &[
        "Lists what is logged in to your account, on every protocol, or logs some of it out.",
        "A device is what a program or a Matrix client logged in as; it comes back by itself until it is logged out.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    match call.word() {
        None => list(&mut call),
        Some(word) if word.eq_ignore_ascii_case("LIST") => list(&mut call),
        Some(word) if word.eq_ignore_ascii_case("LOGOUT") => log_out(&mut call).await,
        Some(_) => call.syntax(),
    }
}

fn list(call: &mut Call<'_>) {
    let world = call.client.world();
    let me = call.me();
    let own = call.client.session.as_ref().map(polylogue_hub::Session::id);
    let devices = world.state.user(me).map(|user| user.devices.clone());
    let devices = devices.unwrap_or_default();
    for id in world.live.sessions_of(me) {
        let Some(session) = world.live.sessions.get(id) else {
            continue;
        };
        let since = ServerTime::from_unix_milliseconds(session.presentation.since.0);
        let since = since.as_str();
        let device = session
            .device
            .and_then(|id| devices.iter().find(|known| known.id == id));
        let device = device.map_or_else(String::new, |device| format!(", device {}", device.label));
        let here = if Some(*id) == own { ", this one" } else { "" };
        let front = session.presentation.front;
        call.say(&format!("{}  {front}, since {since}{device}{here}", id.0));
    }
    for device in devices.iter() {
        let since = ServerTime::from_unix_milliseconds(device.created.0);
        let since = since.as_str();
        let name = device.name.as_deref().unwrap_or("no name");
        call.say(&format!("{}  device, {name}, since {since}", device.label));
    }
    call.say("End of sessions. LOGOUT and what stands first in a line logs it out");
}

async fn log_out(call: &mut Call<'_>) {
    let mut given = call.word();
    if given.is_none() {
        return call.syntax();
    }
    while let Some(word) = given {
        let command = match device(call, word) {
            Some(device) => Command::RemoveDevices {
                user: call.me(),
                devices: vec![device.id],
            },
            None => match word.parse() {
                Ok(number) => Command::EndSessions {
                    sessions: vec![SessionId(number)],
                },
                Err(_) => return call.say(&format!("Nothing called {word} is logged in")),
            },
        };
        if call.ask(command).await.is_none() {
            return;
        }
        call.say(&format!("{word} is logged out."));
        given = call.word();
    }
}

fn device(call: &Call<'_>, label: &str) -> Option<Device> {
    let world = call.client.world();
    let user = world.state.user(call.me())?;
    user.devices
        .iter()
        .find(|device| *device.label == *label)
        .cloned()
}
