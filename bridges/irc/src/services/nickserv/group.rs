//! `GROUP` and `UNGROUP`: further nicks that lead to one's account.

use polylogue_core::{Command, Refusal};

use crate::services::{Call, Standing, Verb};

pub(super) const GROUP: Verb = Verb {
    name: "GROUP",
    aliases: &[],
    syntax: "[nick]",
    about: &[
        "Lists the nicks that lead to your account, or makes one more do so.",
        "Messages and invitations to such a nick reach you, and it logs in to your account; you are shown under the account's own. Up to five.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(group(call)),
};

pub(super) const UNGROUP: Verb = Verb {
    name: "UNGROUP",
    aliases: &[],
    syntax: "<nick>",
    about: &["Lets a nick lead to your account no more. It stays yours: nobody else gets it."],
    standing: Standing::Account,
    run: |call| Box::pin(ungroup(call)),
};

async fn group(mut call: Call<'_>) {
    let Some(nick) = call.word() else {
        let world = call.client.world();
        let user = world.state.user(call.me());
        let nicks = user.map(|user| user.nicks.clone()).unwrap_or_default();
        for nick in nicks.iter() {
            call.say(nick);
        }
        return call.say("End of grouped nicks.");
    };
    let limit = call.client.irc.config.nick_length;
    if nick.len() > limit {
        return call.say(&format!("{nick} is longer than {limit} bytes"));
    }
    match call
        .client
        .submit(Command::GroupNick { nick: nick.into() })
        .await
    {
        Ok(_) => call.say(&format!("{nick} leads to your account now.")),
        Err(Refusal::NameTaken) => call.say(&format!(
            "{nick} is registered, or looks like a nick that is"
        )),
        Err(refusal) => call.refused(&refusal),
    }
}

async fn ungroup(mut call: Call<'_>) {
    let Some(nick) = call.required() else { return };
    match call
        .client
        .submit(Command::UngroupNick { nick: nick.into() })
        .await
    {
        Ok(_) => call.say(&format!("{nick} leads nowhere now.")),
        Err(Refusal::NoSuchUser) => call.say(&format!("{nick} is not grouped with your account")),
        Err(refusal) => call.refused(&refusal),
    }
}
