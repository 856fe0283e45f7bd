//! `CAP`: IRCv3 capability-negotiation, version 302.

use polylogue_hub::{Registration, Security};
use polylogue_irc::capability::{Request, Version, list};
use polylogue_irc::metadata::Key;
use polylogue_irc::sasl::Mechanism;
use polylogue_irc::{Capability, CapabilitySet, Message, Middle, Numeric, Trailing, Verb};

use super::{metadata, multiline};
use crate::client::{Client, Transport};
use crate::dialect::OFFERED;
use crate::reply::part;

/// Bytes left for the list in a `CAP * LS * :` line with the longest server name and nick.
const ROOM: usize = 350;

/// Lists, requests, ends.
pub(crate) fn run(client: &mut Client, message: &Message) {
    let Some(subcommand) = message.given(0) else {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &["CAP"],
            "Not enough parameters",
        );
    };
    let begins = client.session.is_none();
    match subcommand.to_ascii_uppercase().as_str() {
        "LS" => {
            client.registration.negotiating |= begins;
            let version = Version::from_parameter(message.param(1));
            if version == Version::V302 {
                client.set_capabilities(client.capabilities.with(Capability::CapNotify));
            }
            let values = Values::of(client);
            let listed = match version {
                // What it says is in its value, which old clients do not get.
                Version::V302 if values.transport.is_some() => {
                    offered(client).with(Capability::Sts)
                }
                Version::V302 | Version::V301 => offered(client),
            };
            let lines = list(version, listed, |capability| values.get(capability), ROOM);
            reply(client, "LS", &lines);
        }
        "LIST" => {
            let lines = list(Version::V302, client.capabilities, |_| None, ROOM);
            reply(client, "LIST", &lines);
        }
        "REQ" => {
            client.registration.negotiating |= begins;
            request(client, message.param(1).unwrap_or_default());
        }
        "END" => client.registration.negotiating = false,
        _ => client.replies.text(
            Numeric::ErrInvalidCapCmd,
            &[subcommand],
            "Invalid CAP command",
        ),
    }
}

/// All of a request is granted, or none of it.
fn request(client: &mut Client, wanted: &str) {
    let granted = Request::parse(wanted).map(|request| request.applied_to(client.capabilities));
    let allowed = granted.filter(|set| {
        set.difference(offered(client).with(Capability::CapNotify))
            .is_empty()
    });
    let verdict = if allowed.is_some() {
        const { Middle::literal("ACK") }
    } else {
        const { Middle::literal("NAK") }
    };
    if let Some(set) = allowed {
        client.set_capabilities(set);
    }
    let target = client.replies.target();
    let text = Trailing::lossy(wanted);
    client.replies.server_line(Verb::Cap, |line| {
        line.middle(part(&target)).middle(verdict).trailing(&text)
    });
}

fn reply(client: &mut Client, subcommand: &'static str, lines: &[String]) {
    let target = client.replies.target();
    let last = lines.len().saturating_sub(1);
    for (index, text) in lines.iter().enumerate() {
        let text = Trailing::lossy(text);
        client.replies.server_line(Verb::Cap, |line| {
            let line = line.middle(part(&target)).middle(part(subcommand));
            if index < last {
                line.middle(Middle::STAR).trailing(&text)
            } else {
                line.trailing(&text)
            }
        });
    }
}

/// Without a way to log in there is no SASL to offer, and no `REGISTER` where it would always be refused.
fn offered(client: &Client) -> CapabilitySet {
    if mechanisms(client).is_empty() {
        OFFERED
            .without(Capability::Sasl)
            .without(Capability::AccountRegistration)
    } else if *client.irc.hub.registration() != Registration::Open {
        OFFERED.without(Capability::AccountRegistration)
    } else {
        OFFERED
    }
}

/// The mechanisms that this connection allows.
pub(crate) fn mechanisms(client: &Client) -> Vec<Mechanism> {
    if client.peer.security.allows_passwords() {
        let mut all = vec![Mechanism::Plain, Mechanism::OAuthBearer];
        all.extend(client.irc.config.scram.then_some(Mechanism::ScramSha256));
        // Only a listener that asks for certificates has one to show.
        all.extend(client.peer.certificate.map(|_| Mechanism::External));
        all
    } else {
        Vec::new()
    }
}

/// Mechanisms as a list in one word.
pub(crate) fn names(mechanisms: &[Mechanism]) -> String {
    let names: Vec<_> = mechanisms.iter().map(|one| one.name()).collect();
    names.join(",")
}

/// IRCv3 sts: where TLS is spoken, for those who came without it; for how long nothing else is, for the others. Not a capability to ask for.
/// Browsers have means of their own, and a development server has no TLS.
fn transport(client: &Client) -> Option<String> {
    let port = client.irc.secure_port?;
    let seconds = client.irc.config.sts_seconds;
    if seconds == 0 || client.transport == Transport::Web {
        return None;
    }
    match client.peer.security {
        Security::Plain => Some(format!("port={port}")),
        Security::Secure => Some(format!("duration={seconds}")),
        Security::Development => None,
    }
}

/// What is said of capabilities behind `=`.
struct Values {
    mechanisms: String,
    registration: &'static str,
    metadata: String,
    multiline: String,
    transport: Option<String>,
}

impl Values {
    fn of(client: &Client) -> Self {
        let config = &client.irc.config;
        Self {
            mechanisms: names(&mechanisms(client)),
            registration: match (
                config.register_before_connect,
                config.register_needs_address,
            ) {
                (true, false) => "before-connect,custom-account-name",
                (false, false) => "custom-account-name",
                (true, true) => "before-connect,custom-account-name,email-required",
                (false, true) => "custom-account-name,email-required",
            },
            transport: transport(client),
            multiline: format!(
                "max-bytes={},max-lines={}",
                multiline::BYTES,
                multiline::LINES
            ),
            metadata: format!(
                "before-connect,max-subs={},max-keys={},max-value-bytes={}",
                Key::ALL.len(),
                metadata::KEYS,
                metadata::VALUE
            ),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "few capabilities have a value"
    )]
    fn get(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::Sasl => Some(&self.mechanisms),
            Capability::AccountRegistration => Some(self.registration),
            Capability::Sts => self.transport.as_deref(),
            Capability::Multiline => Some(&self.multiline),
            Capability::Metadata2 | Capability::Metadata3 => Some(&self.metadata),
            _ => None,
        }
    }
}
