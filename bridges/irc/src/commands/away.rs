//! `AWAY`: RFC 2812 section 4.1, IRCv3 draft/pre-away. Away is per session; how a user shows follows from all of his.

use std::sync::Arc;

use polylogue_core::live::Presence;
use polylogue_core::{Command, UserId};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Goes away, or comes back.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(text) = text(client, message) else {
        return;
    };
    let Some(session) = &client.session else {
        return;
    };
    let gone = text.is_some();
    let session = session.id();
    let about = About {
        verb: Verb::Away,
        target: "*",
    };
    let command = Command::SetAway { session, text };
    if client.ask(about, command).await.is_some() {
        marked(client, gone);
    }
}

/// IRCv3 draft/pre-away: before registration is complete.
pub(crate) fn ahead(client: &mut Client, message: &Message) {
    if let Some(text) = text(client, message) {
        marked(client, text.is_some());
        client.registration.ahead.away = text;
    }
}

/// The text, or that there is none. `*` is that of a client whose user is not there: it says nothing.
fn text(client: &mut Client, message: &Message) -> Option<Option<Arc<str>>> {
    let given = message.given(0).unwrap_or_default();
    if !client.fits(("The away message", given), client.irc.config.away_length) {
        return None;
    }
    let text = message.given(0);
    Some(text.map(|text| if text == "*" { "" } else { text }.into()))
}

fn marked(client: &mut Client, gone: bool) {
    let (numeric, text) = if gone {
        (Numeric::RplNowAway, "You have been marked as being away")
    } else {
        (Numeric::RplUnaway, "You are no longer marked as being away")
    };
    client.replies.text(numeric, &[], text);
}

/// RPL_AWAY, if a user is: in reply to who wrote to him, or asked for him.
pub(super) fn tell(client: &mut Client, user: UserId) {
    let world = client.world();
    let Some(name) = world.name_of(user) else {
        return;
    };
    let presence = world.live.presence(user);
    let text = match &presence {
        Presence::Online(_) => return,
        Presence::Away(text) if text.is_empty() => "Away",
        Presence::Away(text) => text,
        Presence::Offline => "Offline",
    };
    client.replies.text(Numeric::RplAway, &[name.nick()], text);
}
