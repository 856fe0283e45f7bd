//! `ACC` and `STATUS`: whether whoever goes by a nick has an account. Programs ask this.

use polylogue_core::live::Presence;

use crate::services::{Call, Standing, Verb};

pub(super) const ACC: Verb = Verb {
    name: "ACC",
    aliases: &[],
    syntax: "[nick]",
    about: &[
        "Tells programs whether a nick is logged in: 3 if it is, 1 if it is a guest's who is here, 0 if it is neither.",
    ],
    standing: Standing::Anybody,
    run: |call| Box::pin(acc(call)),
};

pub(super) const STATUS: Verb = Verb {
    name: "STATUS",
    aliases: &[],
    syntax: "[nick ...]",
    about: &["The same for several nicks, each with its account."],
    standing: Standing::Anybody,
    run: |call| Box::pin(status(call)),
};

async fn acc(mut call: Call<'_>) {
    let own = call.client.replies.target();
    let nick = call.word().unwrap_or(&own);
    let (number, _) = standing(&call, nick);
    call.say(&format!("{nick} ACC {number}"));
}

async fn status(mut call: Call<'_>) {
    let own = call.client.replies.target();
    let mut next = Some(call.word().unwrap_or(&own));
    while let Some(nick) = next {
        let (number, account) = standing(&call, nick);
        call.say(format!("STATUS {nick} {number} {account}").trim_end());
        next = call.word();
    }
}

/// The number, and the account's name.
fn standing(call: &Call<'_>, nick: &str) -> (u8, String) {
    let world = call.client.world();
    let here = world
        .user_named(nick)
        .filter(|user| world.live.presence(*user) != Presence::Offline);
    match here {
        Some(user) if world.is_account(user) => {
            let name = world.name_of(user);
            (
                3,
                name.map_or_else(String::new, |name| name.nick().to_string()),
            )
        }
        Some(_) => (1, String::new()),
        None => (0, String::new()),
    }
}
