//! `KLINE`, `DLINE`, `UNKLINE` and `UNDLINE`, in common use: server operators shut users and addresses out of every front-end. The orders of
//! parameters that servers know are understood: `KLINE [duration] mask [reason]` and `KLINE mask duration reason`.

use polylogue_core::network::Network;
use polylogue_core::operator::{Lasting, OperatorCommand};
use polylogue_core::server_ban::{BanTarget, ServerBan};
use polylogue_core::{Refusal, UserId};
use polylogue_irc::{Message, Numeric, ServerTime, Verb};

use super::mode::normal_mask;
use crate::client::Client;
use crate::duration;
use crate::refusal::About;

/// What is told where no reason is given.
const NO_REASON: &str = "No reason given";

/// What a ban is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Users, by mask (`KLINE`).
    Users,
    /// Addresses (`DLINE`).
    Addresses,
}

impl Kind {
    fn verb(self) -> Verb {
        match self {
            Self::Users => Verb::Kline,
            Self::Addresses => Verb::Dline,
        }
    }

    fn is_of(self, target: &BanTarget) -> bool {
        match target {
            BanTarget::Mask(_) => self == Self::Users,
            BanTarget::Network(_) => self == Self::Addresses,
        }
    }
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    List,
    Ban {
        whom: String,
        lasting: Lasting,
        reason: String,
    },
}

/// Sets a ban, or lists all of the kind.
pub(crate) async fn run(client: &mut Client, message: &Message, kind: Kind) {
    let words: Vec<&str> = message.params().collect();
    let Some(asked) = read(&words) else {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &[message.word()],
            "Not enough parameters",
        );
    };
    match asked {
        Asked::List => list(client, kind),
        Asked::Ban {
            whom,
            lasting,
            reason,
        } => set(client, (kind, &whom), (lasting, &reason)).await,
    }
}

/// Lifts a ban.
pub(crate) async fn lift(client: &mut Client, message: &Message, kind: Kind) {
    let Some(whom) = client.required(message, 0) else {
        return;
    };
    let Some(target) = target(client, kind, whom) else {
        return;
    };
    let verb = message.verb();
    let about = About { verb, target: whom };
    let command = OperatorCommand::Unban {
        target: target.clone(),
    };
    match client.try_operate((about, ""), command).await {
        Ok(_) => client.notice(&format!("{target} is not banned any more")),
        Err(Refusal::Unchanged) => client.replies.text(
            Numeric::ErrUnknownError,
            &[message.word(), whom],
            "There is no such ban",
        ),
        Err(refusal) => crate::refusal::tell(&mut client.replies, about, &refusal),
    }
}

/// The bans of a kind, for `STATS k`, `STATS d` and `KLINE LIST`.
pub(crate) fn list(client: &mut Client, kind: Kind) {
    if !client.is_operator() {
        let about = About {
            verb: kind.verb(),
            target: "LIST",
        };
        return crate::refusal::tell(&mut client.replies, about, &Refusal::OperatorNeeded);
    }
    let world = client.world();
    let (numeric, letter) = match kind {
        Kind::Users => (Numeric::RplStatsKLine, "K"),
        Kind::Addresses => (Numeric::RplStatsDLine, "D"),
    };
    let bans = world.server_bans(crate::registration::now());
    for (target, ban) in bans.filter(|(target, _)| kind.is_of(target)) {
        let text = described(ban);
        client
            .replies
            .text(numeric, &[letter, &target.to_string(), "*", &ban.by], &text);
    }
}

fn described(ban: &ServerBan) -> String {
    match ban.until {
        Some(until) => {
            let until = ServerTime::from_unix_milliseconds(until.0);
            format!("{} (until {})", ban.reason, until.as_str())
        }
        None => format!("{} (for good)", ban.reason),
    }
}

async fn set(client: &mut Client, (kind, whom): (Kind, &str), (lasting, reason): (Lasting, &str)) {
    if !client.fits(("The reason", reason), client.irc.config.kick_length) {
        return;
    }
    let Some(target) = target(client, kind, whom) else {
        return;
    };
    let about = About {
        verb: kind.verb(),
        target: whom,
    };
    let before = client.world();
    let command = OperatorCommand::Ban {
        target: target.clone(),
        reason: reason.into(),
        lasting,
    };
    let what = format!("{target} {lasting:?} {reason}");
    if client.operate((about, &what), command).await.is_none() {
        return;
    }
    let world = client.world();
    // Whoever is shut out has had his nick.
    let gone: Vec<UserId> = before.live.guests.keys().copied().collect();
    for user in gone {
        if !world.live.guests.contains_key(&user) {
            client.was(crate::former::portrait_in(client, &before, user));
        }
    }
    if let Some(ban) = world.state.server_bans.get(&target) {
        client.notice(&format!("{target} is banned: {}", described(ban)));
    }
}

/// Whom a word means, or the error that it means nobody. An operator need not know the address of somebody who is here.
fn target(client: &mut Client, kind: Kind, whom: &str) -> Option<BanTarget> {
    let found = match kind {
        Kind::Users => normal_mask(whom).map(|mask| {
            // A mask has no address in it that would ever match: what is meant is where somebody comes from.
            let network = mask
                .strip_prefix("*!*@")
                .and_then(|host| host.parse::<Network>().ok());
            network.map_or_else(|| BanTarget::mask(&mask), BanTarget::Network)
        }),
        Kind::Addresses => {
            let written = whom.strip_prefix("*@").unwrap_or(whom);
            match written.parse::<Network>() {
                Ok(network) => Some(BanTarget::Network(network)),
                Err(_) => here(client, whom),
            }
        }
    };
    if found.is_none() {
        let text = match kind {
            Kind::Users => "This is not a mask",
            Kind::Addresses => {
                "This is no address, no network such as 192.0.2.0/24, and nobody who is here"
            }
        };
        client
            .replies
            .text(Numeric::ErrUnknownError, &[kind.verb().word(), whom], text);
    }
    found
}

/// Where somebody comes from; for operators alone.
fn here(client: &Client, nick: &str) -> Option<BanTarget> {
    if !client.is_operator() {
        // The same as for somebody who is not here: the refusal comes before it is looked at.
        return Some(BanTarget::mask(nick));
    }
    let world = client.world();
    let user = world.user_named(nick)?;
    let sessions = world.live.sessions_of(user).iter().rev();
    let mut addresses = sessions.filter_map(|id| world.live.sessions.get(id)?.address);
    addresses.next().map(BanTarget::of)
}

fn read(words: &[&str]) -> Option<Asked> {
    let is = |word: &str, known: &str| word.eq_ignore_ascii_case(known);
    if words.len() == 1 && words.iter().all(|word| is(word, "LIST")) {
        return Some(Asked::List);
    }
    let flags = ["ANDKILL", "MYSELF"];
    let mut rest = words
        .iter()
        .copied()
        .skip_while(|word| flags.iter().any(|flag| is(word, flag)))
        .peekable();
    let mut first = rest.next()?;
    let mut lasting = Lasting::Usual;
    if let Some(span) = span(first, 60) {
        lasting = span;
        first = rest.next()?;
    }
    let whom = first.to_owned();
    let mut rest: Vec<&str> = rest.collect();
    if let [word, _, ..] = rest.as_slice()
        && lasting == Lasting::Usual
        && let Some(span) = span(word, 1)
    {
        lasting = span;
        rest.remove(0);
    }
    if let [word, _, ..] = rest.as_slice()
        && is(word, "ON")
    {
        rest.drain(..2);
    }
    let reason = rest.join(" ");
    let given = Some(reason).filter(|reason| !reason.is_empty());
    Some(Asked::Ban {
        whom: Some(whom).filter(|whom| !whom.is_empty())?,
        lasting,
        reason: given.unwrap_or_else(|| NO_REASON.to_owned()),
    })
}

/// For how long; `0` is for good.
fn span(word: &str, unit: u64) -> Option<Lasting> {
    match word {
        "0" => Some(Lasting::ForGood),
        word => duration::parse_with(word, unit).map(Lasting::For),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_servers_know_are_understood() {
        let check = |words: &str, expected: Option<(&str, Lasting, &str)>| {
            // As it comes in: what is behind a colon is one word.
            let (words, last) = words
                .split_once(" :")
                .map_or((words, None), |(words, last)| (words, Some(last)));
            let all: Vec<&str> = words
                .split(' ')
                .filter(|word| !word.is_empty())
                .chain(last)
                .collect();
            let expected = expected.map(|(whom, lasting, reason)| Asked::Ban {
                whom: whom.to_owned(),
                lasting,
                reason: reason.to_owned(),
            });
            assert_eq!(read(&all), expected, "{words} {last:?}");
        };
        let minutes = |minutes: u64| Lasting::For(minutes * 60_000);
        check("bob", Some(("bob", Lasting::Usual, NO_REASON)));
        check("bob :go away", Some(("bob", Lasting::Usual, "go away")));
        check("bob go away", Some(("bob", Lasting::Usual, "go away")));
        check("ANDKILL 1h *!*@h :go", Some(("*!*@h", minutes(60), "go")));
        check(
            "andkill myself 1h30m bob!*@* ON here being noisy",
            Some(("bob!*@*", minutes(90), "being noisy")),
        );
        check(
            "30 user@host :minutes in front",
            Some(("user@host", minutes(30), "minutes in front")),
        );
        check(
            "user@host 120 :seconds behind",
            Some(("user@host", minutes(2), "seconds behind")),
        );
        check(
            "192.0.2.0/24 1d :proxies",
            Some(("192.0.2.0/24", minutes(1440), "proxies")),
        );
        check(
            "0 192.0.2.7 :for good",
            Some(("192.0.2.7", Lasting::ForGood, "for good")),
        );
        check(
            "bob 0 :for good",
            Some(("bob", Lasting::ForGood, "for good")),
        );
        check("bob 1d", Some(("bob", Lasting::Usual, "1d")));
        check("", None);
        check("1h", None);
        check("ANDKILL", None);
        assert_eq!(read(&["list"]), Some(Asked::List));
    }
}
