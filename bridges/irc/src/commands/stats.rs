//! `STATS`: RFC 2812 section 3.4.4. What everybody may know, and what operators may.

use polylogue_irc::{Message, Numeric};

use super::server_ban::{self, Kind};
use crate::client::Client;
use crate::registration::now;

/// Answers for one letter; one that means nothing here has an empty answer.
pub(crate) fn run(client: &mut Client, message: &Message) {
    let Some(letter) = client.required(message, 0) else {
        return;
    };
    if letter == "u" {
        let seconds = now().0.saturating_sub(client.irc.started.0) / 1000;
        client
            .replies
            .text(Numeric::RplStatsUptime, &[], &uptime(seconds));
    }
    if letter == "o" && client.world().live.is_operator(client.user_id()) {
        let irc = client.irc.clone();
        for name in irc.hub.operators() {
            client
                .replies
                .text(Numeric::RplStatsOLine, &["O", "*", "*"], name);
        }
    }
    match letter {
        "k" | "K" => server_ban::list(client, Kind::Users),
        "d" | "D" => server_ban::list(client, Kind::Addresses),
        _ => {}
    }
    client
        .replies
        .text(Numeric::RplEndOfStats, &[letter], "End of /STATS report");
}

/// RFC 2812 section 5.1, RPL_STATSUPTIME: "Server Up %d days %d:%02d:%02d".
fn uptime(seconds: u64) -> String {
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hours, minute) = (minutes / 60, minutes % 60);
    let (days, hour) = (hours / 24, hours % 24);
    format!("Server Up {days} days {hour}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes() {
        let check = |seconds, text: &str| assert_eq!(uptime(seconds), text);
        check(0, "Server Up 0 days 0:00:00");
        check(59, "Server Up 0 days 0:00:59");
        check(90_061, "Server Up 1 days 1:01:01");
    }
}
