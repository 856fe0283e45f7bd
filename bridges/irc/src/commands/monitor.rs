//! `MONITOR`: IRCv3 monitor. Who is online is the same for all front-ends.

use polylogue_core::live::Presence;
use polylogue_core::name::AccountName;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;
use crate::names::Name;

/// Bytes of one list of targets in a reply.
const ROOM: usize = 350;

/// Adds, removes, clears, lists, tells.
pub(crate) fn run(client: &mut Client, message: &Message) {
    let Some(action) = client.required(message, 0) else {
        return;
    };
    match action {
        "+" | "-" => {
            let Some(targets) = client.required(message, 1) else {
                return;
            };
            let targets = targets.split(',').filter(|target| !target.is_empty());
            if action == "+" {
                add(client, targets)
            } else if let Some(session) = &mut client.session {
                targets.for_each(|target| session.unwatch(target));
            }
        }
        "C" | "c" => {
            let all = watched(client);
            if let Some(session) = &mut client.session {
                all.iter().for_each(|name| session.unwatch(name));
            }
        }
        "L" | "l" => {
            let all = watched(client);
            lists(client, Numeric::RplMonList, &all);
            client
                .replies
                .text(Numeric::RplEndOfMonList, &[], "End of MONITOR list");
        }
        "S" | "s" => {
            let all = watched(client);
            tell(client, &all);
        }
        _ => client.replies.text(
            Numeric::ErrUnknownError,
            &["MONITOR", action],
            "Unknown action: + - C L S are known",
        ),
    }
}

fn add<'t>(client: &mut Client, targets: impl Iterator<Item = &'t str>) {
    let mut added = Vec::new();
    let mut targets = targets.peekable();
    while let Some(target) = targets.next() {
        if AccountName::from_nick(target).is_err() {
            client
                .replies
                .text(Numeric::ErrErroneusNickname, &[target], "Not a nick");
            continue;
        }
        let Some(session) = &mut client.session else {
            return;
        };
        if session.watch(target).is_err() {
            let rest: Vec<_> = std::iter::once(target).chain(targets).collect();
            client.replies.text(
                Numeric::ErrMonListFull,
                &[&polylogue_hub::WATCHED_NAMES.to_string(), &rest.join(",")],
                "Monitor list is full",
            );
            break;
        }
        added.push(target.to_owned());
    }
    tell(client, &added);
}

fn watched(client: &Client) -> Vec<String> {
    client
        .session
        .iter()
        .flat_map(|session| session.watched())
        .map(|name| name.to_string())
        .collect()
}

/// Who of these is here, and who is not.
fn tell(client: &mut Client, targets: &[String]) {
    let world = client.world();
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for target in targets {
        let user = world
            .reached_by(target)
            .filter(|user| world.live.presence(*user) != Presence::Offline);
        match user.and_then(|user| Name::of((&world, &world), user)) {
            // Under the nick that is watched, also where it is one that he brought along.
            Some(name) if world.user_named(target).is_none() => here.push(
                Name {
                    nick: target.as_str(),
                    ..name
                }
                .mask(),
            ),
            Some(name) => here.push(name.mask()),
            None => gone.push(target.clone()),
        }
    }
    lists(client, Numeric::RplMonOnline, &here);
    lists(client, Numeric::RplMonOffline, &gone);
}

fn lists(client: &mut Client, numeric: Numeric, names: &[String]) {
    let mut line = String::new();
    for name in names {
        if !line.is_empty() && line.len() + 1 + name.len() > ROOM {
            client.replies.text(numeric, &[], &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(',');
        }
        line.push_str(name);
    }
    if !line.is_empty() {
        client.replies.text(numeric, &[], &line);
    }
}
