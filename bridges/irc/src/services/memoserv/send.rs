//! `SEND`: a private message to an account, whether it is here or not.

use polylogue_core::body::{Message, Text, TextKind};
use polylogue_core::command::{Destination, Say};
use polylogue_core::{Body, Command, Form};

use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "SEND",
    aliases: &[],
    syntax: "<account> <text>",
    about: &["Leaves a private message for an account, whether it is here or not."],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(nick) = call.required() else { return };
    let Some(text) = call.rest() else {
        return call.syntax();
    };
    let Some(user) = call.account(nick) else {
        return;
    };
    let body = Body::Text(Text {
        kind: TextKind::Text,
        form: Form::Irc(text.into()),
    });
    let command = Command::Say(Say {
        to: Destination::User(user),
        message: Message::plain(body),
    });
    if call.ask(command).await.is_some() {
        call.say(&format!("The memo has been sent to {nick}."));
    }
}
