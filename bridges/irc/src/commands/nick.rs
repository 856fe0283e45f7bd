//! `NICK` after registration: RFC 2812 section 3.1.2. A guest may take another free nick; an account's nick is its name, and
//! what people put behind it to say that they are away is taken for that.

use polylogue_core::Command;
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::former::portrait;
use crate::refusal::{self, About};

/// Changes the nick.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(nick) = message.given(0) else {
        return client
            .replies
            .text(Numeric::ErrNoNicknameGiven, &[], "No nickname given");
    };
    let own = client.replies.target();
    if client.world().is_account(client.user_id())
        && let Some(word) = away_word(&own, nick)
    {
        return go_away(client, nick, word).await;
    }
    if nick.len() > client.irc.config.nick_length {
        return too_long(client, nick);
    }
    let was = portrait(client, client.user_id());
    match client.submit(Command::Rename { nick: nick.into() }).await {
        Ok(_) => {
            client.was(was.filter(|was| !was.nick.eq_ignore_ascii_case(nick)));
            client.replies.set_target(nick.into());
        }
        Err(refusal) => {
            let about = About {
                verb: Verb::Nick,
                target: nick,
            };
            refusal::tell(&mut client.replies, about, &refusal);
            client.nick_refused(nick, &refusal);
        }
    }
}

/// The word that somebody has put behind his nick to say that he is away: `alice|lunch`, `alice_afk`. One that is not known is taken for such
/// only behind `|`, which stands in few names for anything else.
fn away_word<'n>(own: &str, nick: &'n str) -> Option<&'n str> {
    const WORDS: [&str; 12] = [
        "afk", "away", "bbl", "bnc", "brb", "busy", "food", "gone", "lunch", "off", "sleep", "work",
    ];
    let (name, behind) = nick.split_at_checked(own.len())?;
    let (separator, word) = behind.split_at_checked(1)?;
    let known = WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    let fits = match separator {
        "|" => !word.is_empty(),
        "_" | "-" | "`" | "^" | "[" => known || WORDS.contains(&word.trim_end_matches(']')),
        _ => false,
    };
    (fits && name.eq_ignore_ascii_case(own)).then(|| word.trim_end_matches(']'))
}

/// A nick that says "away" is what an account has `AWAY` for.
async fn go_away(client: &mut Client, nick: &str, word: &str) {
    let Some(session) = client.session.as_ref().map(polylogue_hub::Session::id) else {
        return;
    };
    let away = Command::SetAway {
        session,
        text: Some(word.into()),
    };
    let about = About {
        verb: Verb::Nick,
        target: nick,
    };
    if client.ask(about, away).await.is_some() {
        let text = format!(
            "You have been marked as being away ({word}): the nick of an account stays. AWAY without a text brings you back"
        );
        client.replies.text(Numeric::RplNowAway, &[], &text);
    }
}

/// ERR_ERRONEUSNICKNAME: the nick is over NICKLEN.
pub(crate) fn too_long(client: &mut Client, nick: &str) {
    let limit = client.irc.config.nick_length;
    client.replies.text(
        Numeric::ErrErroneusNickname,
        &[nick],
        &format!("Erroneous nickname: longer than {limit} bytes"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicks_that_say_away() {
        let check = |nick: &str, expected: Option<&str>| {
            assert_eq!(away_word("alice", nick), expected, "{nick}");
        };
        check("alice|away", Some("away"));
        check("Alice|In-A-Meeting", Some("In-A-Meeting"));
        check("alice_afk", Some("afk"));
        check("alice-AFK", Some("AFK"));
        check("alice[lunch]", Some("lunch"));
        check("alice_", None);
        check("alice|", None);
        check("alice_smith", None);
        check("aliceaway", None);
        check("bob|away", None);
        check("al", None);
    }
}
