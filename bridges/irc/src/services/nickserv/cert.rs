//! `CERT`: TLS certificates that log in to one's account, with SASL EXTERNAL.

use polylogue_core::Command;
use polylogue_hub::{CERTIFICATE, certificate_label, parse_fingerprint};

use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "CERT",
    aliases: &["CERTFP"],
    syntax: "LIST | ADD [fingerprint] | DEL <fingerprint>",
    about: &[
        "Lists, adds or removes TLS certificates that log in to your account (SASL EXTERNAL).",
        "ADD without a fingerprint adds the one of this connection. A fingerprint is the SHA-256 of the certificate in hexadecimal. What came from a certificate ends with it.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    match call.word() {
        None => list(&mut call),
        Some(word) if word.eq_ignore_ascii_case("LIST") => list(&mut call),
        Some(word) if word.eq_ignore_ascii_case("ADD") => add(&mut call).await,
        Some(word) if word.eq_ignore_ascii_case("DEL") => delete(&mut call).await,
        Some(_) => call.syntax(),
    }
}

fn list(call: &mut Call<'_>) {
    let world = call.client.world();
    let user = world.state.user(call.me());
    let devices = user.map(|user| user.devices.clone()).unwrap_or_default();
    for device in devices.iter() {
        if let Some(fingerprint) = device.label.strip_prefix(CERTIFICATE) {
            call.say(fingerprint);
        }
    }
    call.say("End of certificates.");
}

async fn add(call: &mut Call<'_>) {
    let given = call.word();
    let own = call.client.peer.certificate;
    let fingerprint = match given {
        Some(text) => parse_fingerprint(text),
        None => own,
    };
    let Some(fingerprint) = fingerprint else {
        return call.say(match given {
            Some(_) => "A fingerprint is 64 hexadecimal digits (SHA-256)",
            None => "This connection has no certificate. Name one: CERT ADD <fingerprint>",
        });
    };
    let Some(session) = &call.client.session else {
        return;
    };
    let actor = session.actor();
    let hub = call.client.irc.hub.clone();
    match hub.add_certificate(actor, &fingerprint).await {
        Ok(()) => call.say("The certificate was added: SASL EXTERNAL logs in with it."),
        Err(refusal) => call.refused(&refusal),
    }
}

async fn delete(call: &mut Call<'_>) {
    let Some(text) = call.required() else { return };
    let Some(fingerprint) = parse_fingerprint(text) else {
        return call.say("A fingerprint is 64 hexadecimal digits (SHA-256)");
    };
    let label = certificate_label(&fingerprint);
    let world = call.client.world();
    let user = call.me();
    let known = world.state.user(user);
    let device = known.and_then(|user| user.devices.iter().find(|device| *device.label == *label));
    let Some(device) = device else {
        return call.say("This certificate is not yours");
    };
    let command = Command::RemoveDevices {
        user,
        devices: vec![device.id],
    };
    if call.ask(command).await.is_some() {
        call.say("The certificate was removed.");
    }
}
