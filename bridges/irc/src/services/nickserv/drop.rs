//! `DROP`: gives the account up, on every protocol. Its name is nobody's ever after.

use polylogue_core::Command;
use polylogue_core::command::AccountState;

use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "DROP",
    aliases: &[],
    syntax: "<account> <password>",
    about: &[
        "Gives your account up, on every protocol.",
        "All its connections end, and its name is given to nobody else. An administrator can bring it back.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let (Some(name), Some(password)) = (call.word(), call.rest()) else {
        return call.syntax();
    };
    if !call.client.replies.target().eq_ignore_ascii_case(name) {
        return call.say("You can only drop the account that you are logged in to");
    }
    if !call.prove(password).await {
        return;
    }
    let command = Command::Disable {
        user: call.me(),
        state: AccountState::Disabled,
    };
    if call.ask(command).await.is_some() {
        call.say(&format!("{name} is dropped."));
    }
}
