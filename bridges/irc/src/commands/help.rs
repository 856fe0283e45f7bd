//! `HELP` and `HELPOP`: modern.ircdocs.horse, "HELP message". One text for each command.

use polylogue_irc::{Message, Numeric};

use crate::client::Client;

/// What can be asked for, with its text.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("ADMIN", &["ADMIN", "Who runs this server."]),
    (
        "ALIS",
        &[
            "ALIS LIST pattern",
            "Searches the directory of channels. ALIS HELP LIST tells how.",
        ],
    ),
    (
        "AWAY",
        &[
            "AWAY [:text]",
            "Marks this connection as away, or as back without a text. You show as away when all your connections are.",
        ],
    ),
    (
        "CHATHISTORY",
        &[
            "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS ...",
            "What was said before, with the capability draft/chathistory.",
        ],
    ),
    (
        "CS",
        &[
            "CS command",
            "The same as /msg ChanServ command: channels. CS HELP lists what it understands.",
        ],
    ),
    (
        "DLINE",
        &[
            "DLINE [time] address|network|nick [:reason]",
            "For server operators: shuts an address out, on every protocol; for a day if no time is given. DLINE LIST shows all.",
        ],
    ),
    ("HELP", &["HELP [command]", "These texts."]),
    ("INFO", &["INFO", "What this server is."]),
    (
        "INVITE",
        &[
            "INVITE nick #channel",
            "Asks somebody in. Without parameters: where you are asked to.",
        ],
    ),
    ("ISON", &["ISON nick...", "Which of these are here."]),
    ("ISUPPORT", &["ISUPPORT", "What this server supports."]),
    (
        "JOIN",
        &[
            "JOIN #channel[,#channel] [key[,key]]",
            "Goes into channels, or makes them. Who is logged in stays a member when the connection ends.",
        ],
    ),
    (
        "KICK",
        &["KICK #channel nick[,nick] [:reason]", "Puts members out."],
    ),
    (
        "KLINE",
        &[
            "KLINE [time] mask [:reason]",
            "For server operators: shuts out whoever the mask means, on every protocol. KLINE LIST shows all.",
        ],
    ),
    (
        "KNOCK",
        &[
            "KNOCK #channel [:reason]",
            "Asks to be let into a channel that is by invitation.",
        ],
    ),
    (
        "KILL",
        &[
            "KILL nick [:reason]",
            "For server operators: ends all sessions of a user, on every protocol.",
        ],
    ),
    (
        "LINKS",
        &["LINKS [mask]", "The servers of the network: one."],
    ),
    (
        "LIST",
        &[
            "LIST [#channel,... | conditions]",
            "The public channels. Conditions: >n <n members, C>n C<n made, T>n T<n topic set more or less than n minutes ago, *mask*, !*mask*.",
        ],
    ),
    (
        "LUSERS",
        &["LUSERS", "How many users and channels there are."],
    ),
    (
        "MARKREAD",
        &[
            "MARKREAD target [timestamp=...]",
            "Up to where you have read, on all your clients.",
        ],
    ),
    (
        "MODE",
        &[
            "MODE #channel [modes [parameters]]",
            "Shows or changes modes.",
            "Lists: +b ban, +e exception, +I invitation, +Q quiet. Members: +q +a +o +h +v.",
            "Flags: +i by invitation, +K no knocking, +k key, +l limit, +m moderated, +R accounts only, +M only accounts speak, +s hidden, +t topic locked, +C no CTCP, +c no colours, +S colours stripped.",
        ],
    ),
    ("MOTD", &["MOTD", "The message of the day."]),
    (
        "MS",
        &[
            "MS command",
            "The same as /msg MemoServ command: messages that wait. MS HELP lists what it understands.",
        ],
    ),
    (
        "NAMES",
        &["NAMES #channel[,#channel]", "Who is in channels."],
    ),
    (
        "NICK",
        &[
            "NICK nick",
            "Another nick for a guest; of an account only the case changes.",
        ],
    ),
    (
        "NOTICE",
        &[
            "NOTICE target[,target] :text",
            "As PRIVMSG, but nobody answers by machine.",
        ],
    ),
    (
        "NS",
        &[
            "NS command",
            "The same as /msg NickServ command: accounts. NS HELP lists what it understands.",
        ],
    ),
    (
        "OPER",
        &[
            "OPER name password",
            "Makes this connection a server operator's, until MODE nick -o.",
        ],
    ),
    (
        "PART",
        &[
            "PART #channel[,#channel] [:reason]",
            "Leaves channels, on all your clients.",
        ],
    ),
    (
        "PRIVMSG",
        &[
            "PRIVMSG target[,target] :text",
            "Says something to channels or users.",
        ],
    ),
    ("QUIT", &["QUIT [:reason]", "Ends the connection."]),
    (
        "REDACT",
        &[
            "REDACT target msgid [:reason]",
            "Takes a message away, with the capability draft/message-redaction.",
        ],
    ),
    (
        "RENAME",
        &[
            "RENAME #channel #name [:reason]",
            "Gives a channel another name. The old one leads to it.",
        ],
    ),
    (
        "REHASH",
        &[
            "REHASH",
            "For server operators: the server reads its certificate and its registration tokens again.",
        ],
    ),
    (
        "SAJOIN",
        &[
            "SAJOIN nick #channel[,#channel]",
            "For server operators: has somebody join, as he could himself.",
        ],
    ),
    (
        "SAMODE",
        &[
            "SAMODE #channel modes [parameters]",
            "For server operators: MODE in the server's name.",
        ],
    ),
    (
        "SANICK",
        &[
            "SANICK guest nick",
            "For server operators: gives a guest another nick.",
        ],
    ),
    (
        "SAPART",
        &[
            "SAPART nick #channel[,#channel] [:reason]",
            "For server operators: has somebody leave.",
        ],
    ),
    (
        "SEARCH",
        &[
            "SEARCH text=words;in=#channel;from=nick;after=time;before=time;limit=number",
            "What was said with these words (a space is written \\s), in all your channels and conversations or in one.",
        ],
    ),
    (
        "SETNAME",
        &[
            "SETNAME :name",
            "Your real name, which is your display name everywhere.",
        ],
    ),
    (
        "SILENCE",
        &[
            "SILENCE [+mask|-mask][,...]",
            "Whom you do not want to hear; without a parameter: the list. A nick with an account is ignored in all your clients.",
        ],
    ),
    (
        "STATS",
        &[
            "STATS letter",
            "u: for how long the server has been running. For operators: o, the operators; k and d, who is banned.",
        ],
    ),
    (
        "TAGMSG",
        &["TAGMSG target", "Tags without a text: typing, reactions."],
    ),
    ("TIME", &["TIME", "The server's clock."]),
    (
        "TOPIC",
        &["TOPIC #channel [:topic]", "Shows or sets a topic."],
    ),
    (
        "UNDLINE",
        &[
            "UNDLINE address|network",
            "For server operators: lifts the ban of an address.",
        ],
    ),
    (
        "UNKLINE",
        &[
            "UNKLINE mask",
            "For server operators: lifts the ban of a user.",
        ],
    ),
    ("USERHOST", &["USERHOST nick...", "User names and hosts."]),
    (
        "USERIP",
        &["USERIP nick...", "As USERHOST; with your own address."],
    ),
    ("VERSION", &["VERSION", "The software, and what it can do."]),
    (
        "WALLOPS",
        &[
            "WALLOPS :text",
            "For server operators: tells everybody who has MODE nick +w.",
        ],
    ),
    (
        "WHO",
        &[
            "WHO #channel|mask [fields]",
            "Who is in a channel, or whom a mask matches.",
        ],
    ),
    ("WHOIS", &["WHOIS nick", "Who somebody is."]),
    ("WHOWAS", &["WHOWAS nick [count]", "Who had a nick."]),
];

/// Tells what a command does, or which there are.
pub(crate) fn run(client: &mut Client, message: &Message) {
    let Some(asked) = message.given(0) else {
        let words: Vec<&str> = SUBJECTS.iter().map(|(word, _)| *word).collect();
        let mut lines = vec!["HELP <command> tells more. The commands:".to_owned()];
        lines.extend(words.chunks(8).map(|words| words.join(" ")));
        return tell(client, "*", lines.iter().map(String::as_str));
    };
    let subject = asked.to_ascii_uppercase();
    match SUBJECTS.iter().find(|(word, _)| *word == subject) {
        Some((word, lines)) => tell(client, word, lines.iter().copied()),
        None => client.replies.text(
            Numeric::ErrHelpNotFound,
            &[asked],
            "No help available on this topic",
        ),
    }
}

/// RPL_HELPSTART with the first line, RPL_HELPTXT with the others.
fn tell<'a>(client: &mut Client, subject: &str, lines: impl Iterator<Item = &'a str>) {
    for (number, line) in lines.enumerate() {
        let numeric = match number {
            0 => Numeric::RplHelpStart,
            _ => Numeric::RplHelpTxt,
        };
        client.replies.text(numeric, &[subject], line);
    }
    client
        .replies
        .text(Numeric::RplEndOfHelp, &[subject], "End of /HELP");
}
