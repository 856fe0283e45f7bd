//! `HELP`: what a service understands, from the list that it is dispatched by.

use super::call::written;
use super::{Service, say, verb_of};
use crate::client::Client;

/// The list, or one verb.
pub(super) fn run(client: &mut Client, service: &'static Service, subject: &str) {
    if subject.is_empty() {
        say(client, service, service.about);
        for verb in service.verbs {
            let summary = verb.about.first().copied().unwrap_or_default();
            say(
                client,
                service,
                &format!("\u{2}{}\u{2}  {summary}", verb.name),
            );
        }
        let text = format!("More about one: /msg {} HELP <command>", service.name);
        return say(client, service, &text);
    }
    let word = subject.split(' ').next().unwrap_or(subject);
    let Some(verb) = verb_of(service, word) else {
        return say(client, service, &format!("No help on {word}"));
    };
    say(client, service, &format!("Syntax: {}", written(verb)));
    for line in verb.about {
        say(client, service, line);
    }
    if !verb.aliases.is_empty() {
        let text = format!("The same: {}", verb.aliases.join(", "));
        say(client, service, &text);
    }
}
