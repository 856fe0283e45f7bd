//! `SET`: settings of one's account.

use super::passwd;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "SET",
    aliases: &[],
    syntax: "PASSWORD [old password] <new password> | SCRAM ON|OFF",
    about: &[
        "Changes settings of your account.",
        "PASSWORD: as PASSWD does.",
        "SCRAM: whether you can log in with SASL SCRAM-SHA-256, where the server allows it. For that a second, weaker hash of your password is kept: it is made when you log in with the password, or give it to IDENTIFY, the next time.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(what) = call.required() else { return };
    if what.eq_ignore_ascii_case("PASSWORD") {
        passwd::run(call).await;
    } else if what.eq_ignore_ascii_case("SCRAM") {
        scram(call).await;
    } else {
        call.say(&format!("There is no setting {what}"));
    }
}

async fn scram(mut call: Call<'_>) {
    let Some(word) = call.required() else { return };
    let Some(session) = &call.client.session else {
        return;
    };
    let (hub, actor) = (call.client.irc.hub.clone(), session.actor());
    let done = match word.to_ascii_uppercase().as_str() {
        "ON" if !call.client.irc.config.scram => {
            return call.say("SCRAM-SHA-256 is off on this server");
        }
        "ON" => hub.allow_scram(actor).await,
        "OFF" => hub.forbid_scram(actor).await,
        _ => return call.say("The value is ON or OFF"),
    };
    match done {
        Ok(()) if word.eq_ignore_ascii_case("ON") => call.say(
            "SCRAM-SHA-256 is on for your account from the next time on that you prove your password: /msg NickServ IDENTIFY <password>",
        ),
        Ok(()) => call.say("SCRAM-SHA-256 is off for your account."),
        Err(refusal) => call.refused(&refusal),
    }
}
