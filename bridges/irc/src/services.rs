//! Services: commands to NickServ, ChanServ, MemoServ and ALIS, over the same accounts and rooms as everything else. Nobody sits behind these
//! names: a line to one of them is a command, never a message. It is not stored, not echoed and not logged, whatever form it comes in.
//!
//! One verb, one file, below the service that it belongs to; the lists of [`Verb`]s drive both dispatch and `HELP`.

mod alis;
mod call;
mod chanserv;

mod help;
mod leak;
mod memoserv;
mod nickserv;
mod playback;

use std::future::Future;
use std::pin::Pin;

use polylogue_irc::names::is_channel;
use polylogue_irc::{Message, Middle, Numeric, Source, Trailing, wrap};

use crate::client::Client;
use crate::reply::part;
use alis::ALIS;
pub(crate) use call::Call;
use chanserv::CHANSERV;
use memoserv::MEMOSERV;
pub(crate) use nickserv::NICKSERV;
use playback::PLAYBACK;

/// Bytes of one line of a reply: what is left of 512 beside the longest names.
const LINE: usize = 350;

/// A name that takes commands.
#[derive(Debug)]
pub(crate) struct Service {
    /// As clients know it.
    pub(crate) name: &'static str,
    /// The command words that lead to it.
    pub(crate) words: &'static [polylogue_irc::Verb],
    /// What it is for.
    pub(crate) about: &'static str,
    /// What it understands, in the order of its help.
    pub(crate) verbs: &'static [Verb],
}

/// Something that a service understands.
#[derive(Debug)]
pub(crate) struct Verb {
    /// The word.
    pub(crate) name: &'static str,
    /// Other words for the same.
    pub(crate) aliases: &'static [&'static str],
    /// Behind the word.
    pub(crate) syntax: &'static str,
    /// Its help: the first line is the summary.
    pub(crate) about: &'static [&'static str],
    /// Who may use it.
    pub(crate) standing: Standing,
    /// Does it.
    pub(crate) run: for<'a> fn(Call<'a>) -> Done<'a>,
}

/// What a verb comes to: its reply is in the client's replies.
pub(crate) type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Who may use a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Everybody, before registration is complete too.
    Stranger,
    /// Whoever is registered.
    Anybody,
    /// Who is logged in.
    Account,
}

impl Service {
    /// For a line that it says.
    pub(crate) fn source<'a>(&self, server: &'a str) -> Source<'a> {
        Source::User {
            nick: part(self.name),
            user: const { Middle::literal("services") },
            host: part(server),
        }
    }
}

const SERVICES: [&Service; 5] = [&NICKSERV, &CHANSERV, &MEMOSERV, &ALIS, &PLAYBACK];

/// What a service is for, by its name.
pub(crate) fn about(name: &str) -> Option<(&'static str, &'static str)> {
    named(name).map(|service| (service.name, service.about))
}

/// The service of a name, also written `name@host`.
fn named(target: &str) -> Option<&'static Service> {
    // Every message is looked at: most are for channels.
    if is_channel(target) {
        return None;
    }
    let name = target.split('@').next().unwrap_or(target);
    SERVICES
        .into_iter()
        .find(|service| service.name.eq_ignore_ascii_case(name))
}

/// Whether a line is for a service: by its own word, or as a message to it.
pub(crate) fn is_command(message: &Message) -> bool {
    by_word(message).is_some() || is_for_one(message)
}

/// Whether one of the targets of a line is a service.
fn is_for_one(message: &Message) -> bool {
    let targets = message.param(0).unwrap_or_default();
    targets.split(',').any(|target| named(target).is_some())
}

/// Whether a message must not be taken as one before services have seen it.
pub(crate) fn looks_into(message: &Message) -> bool {
    is_for_one(message) || message.param(1).is_some_and(leak::leaks)
}

/// Whether a text for somebody looks like a command with a password. It is refused once, with a warning: the next one like it is meant.
pub(crate) fn keeps_back(client: &mut Client, target: &str, text: &str) -> bool {
    if !leak::leaks(text) || std::mem::take(&mut client.warned_of_a_leak) {
        return false;
    }
    client.warned_of_a_leak = true;
    let text = format!(
        "What you were about to tell {target} looks like a command with a password, so nothing was sent. To log in: /msg NickServ IDENTIFY <password>. Send it again if you mean it."
    );
    say(client, &NICKSERV, &text);
    true
}

fn by_word(message: &Message) -> Option<&'static Service> {
    let verb = message.verb();
    SERVICES
        .into_iter()
        .find(|service| service.words.contains(&verb))
}

/// Runs a line that [`is_command`].
pub(crate) async fn run(client: &mut Client, message: &Message) {
    if let Some(service) = by_word(message) {
        let text: Vec<&str> = message.params().collect();
        return command(client, service, &text.join(" ")).await;
    }
    let target = message.param(0).unwrap_or_default();
    // RFC 2812 section 3.3.2: nobody answers a NOTICE; and tags alone ask for nothing.
    if !matches!(
        message.verb(),
        polylogue_irc::Verb::Privmsg | polylogue_irc::Verb::Squery
    ) {
        return;
    }
    match (named(target), message.param(1)) {
        (Some(service), Some(text)) => command(client, service, text).await,
        (Some(_), None) => client
            .replies
            .text(Numeric::ErrNoTextToSend, &[], "No text to send"),
        // What is meant for a service is not for others' eyes.
        (None, _) => client.replies.text(
            Numeric::ErrTooManyTargets,
            &[target],
            "A command to a service goes to it alone; nothing was sent",
        ),
    }
}

async fn command(client: &mut Client, service: &'static Service, text: &str) {
    let text = text.trim();
    // CTCP: nobody is there to answer.
    if text.starts_with('\u{1}') {
        return;
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    if word.is_empty() || word.eq_ignore_ascii_case("HELP") {
        return help::run(client, service, rest.trim());
    }
    let Some(verb) = verb_of(service, word) else {
        let text = format!(
            "Unknown command {word}. /msg {0} HELP lists what {0} understands",
            service.name
        );
        return say(client, service, &text);
    };
    let session = client.session.as_ref();
    let is_account = session.is_some_and(|session| client.world().is_account(session.user()));
    let hindrance = match verb.standing {
        Standing::Stranger => None,
        Standing::Anybody | Standing::Account if session.is_none() => {
            Some("You have not registered your connection yet")
        }
        Standing::Account if !is_account => {
            Some("You are not logged in. Log in: /msg NickServ IDENTIFY <password>")
        }
        Standing::Anybody | Standing::Account => None,
    };
    match hindrance {
        Some(text) => say(client, service, text),
        None => (verb.run)(Call::new(client, (service, verb), rest)).await,
    }
}

fn verb_of(service: &'static Service, word: &str) -> Option<&'static Verb> {
    service.verbs.iter().find(|verb| {
        verb.name.eq_ignore_ascii_case(word)
            || verb
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(word))
    })
}

/// A notice of a service to the client alone.
pub(crate) fn say(client: &mut Client, service: &Service, text: &str) {
    let (target, server) = (client.replies.target(), client.replies.server());
    let source = service.source(&server);
    for piece in wrap::wrap(text, LINE) {
        let piece = piece.to_string();
        client.replies.line(|line| {
            line.from(source, polylogue_irc::Verb::Notice)
                .middle(part(&target))
                .trailing(&Trailing::lossy(&piece))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_names_in_any_case_and_with_a_host() {
        let check = |target: &str, expected: Option<&str>| {
            assert_eq!(
                named(target).map(|service| service.name),
                expected,
                "{target}"
            );
        };
        check("NickServ", Some("NickServ"));
        check("nickserv", Some("NickServ"));
        check("NickServ@services.example.org", Some("NickServ"));
        check("nick", None);
        check("", None);
    }

    #[test]
    fn every_word_means_one_thing() {
        for service in SERVICES {
            let mut words: Vec<&str> = Vec::new();
            for verb in service.verbs {
                words.push(verb.name);
                words.extend(verb.aliases);
                assert!(!verb.about.is_empty(), "{} has no help", verb.name);
            }
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{}", service.name);
            assert!(!words.contains(&"HELP"), "HELP is every service's");
        }
    }
}
