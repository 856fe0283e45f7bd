//! `PASSWD`: another password. What the old one began on other connections ends.

use polylogue_core::command::OtherDevices;
use polylogue_core::secret::Password;

use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "PASSWD",
    aliases: &["PASSWORD"],
    syntax: "[old password] <new password>",
    about: &[
        "Gives your account another password.",
        "All other connections and devices of the account are logged out. The old password may be left out for five minutes after IDENTIFY.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

pub(super) async fn run(mut call: Call<'_>) {
    let Some(first) = call.required() else { return };
    match call.word() {
        Some(_) if call.rest().is_some() => call.say(
            "A new password has no spaces here: nothing was changed. If your old one has, first: /msg NickServ IDENTIFY <password>, then PASSWD <new password>",
        ),
        Some(new) => {
            if call.prove(first).await {
                set(&mut call, new).await;
            }
        }
        None => set(&mut call, first).await,
    }
}

/// Sets it, if the password was proven lately.
pub(super) async fn set(call: &mut Call<'_>, new: &str) {
    let Some(session) = &call.client.session else {
        return;
    };
    let (actor, user) = (session.actor(), session.user());
    let hub = call.client.irc.hub.clone();
    let what = (Password::new(new.to_owned()), OtherDevices::LogOut);
    match hub.set_password(actor, user, what).await {
        Ok(proof) => {
            if let (Some(session), Some(proof)) = (&mut call.client.session, proof) {
                session.proven(proof);
            }
            call.say("Your password was changed. All your other connections were logged out.")
        }
        Err(refusal) => call.refused(&refusal),
    }
}
