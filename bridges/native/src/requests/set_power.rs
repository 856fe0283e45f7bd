//! `set_power`: some levels change, the others stay.

use polylogue_core::Command;
use polylogue_core::power::PowerLevels;
use polylogue_native::request::room::SetPower;
use polylogue_native::{Answer, Error, Power};

use super::Answered;
use super::set::sent;
use crate::client::Client;

/// Sets the levels that are named.
pub(super) async fn set(client: &Client, request: SetPower) -> Result<Answer, Error> {
    let room = client.room(&request.room).await?.state;
    let levels = changed(client, (*room.power).clone(), request.power)?;
    let command = Command::SetPower {
        room: room.id,
        levels: Box::new(levels),
        known: Some(room.power.clone()),
        content: None,
    };
    sent(client, client.about(room.id, command, Answered::Sent)?).await
}

fn changed(client: &Client, mut levels: PowerLevels, power: Power) -> Result<PowerLevels, Error> {
    let fields = [
        (&mut levels.users_default, power.users_default),
        (&mut levels.events_default, power.events_default),
        (&mut levels.state_default, power.state_default),
        (&mut levels.ban, power.ban),
        (&mut levels.kick, power.kick),
        (&mut levels.redact, power.redact),
        (&mut levels.invite, power.invite),
        (&mut levels.notify_room, power.notify_room),
    ];
    for (level, change) in fields {
        *level = change.unwrap_or(*level);
    }
    for (name, level) in &power.users {
        let user = client.user(name, &format!("power.users.{name}"))?;
        levels.set(user, *level);
    }
    let events = power.events.iter();
    levels
        .events
        .extend(events.map(|(kind, level)| (kind.as_str().to_owned(), *level)));
    Ok(levels)
}
