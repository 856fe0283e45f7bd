//! What this server announces of itself in RPL_ISUPPORT (005).

use polylogue_irc::Middle;
use polylogue_irc::isupport::Isupport;
use polylogue_irc::mode::ModeTypes;

use crate::config::Config;
use crate::render::mode::AT_ONCE;

/// The channel modes by type, and the prefixes.
pub(crate) const MODES: ModeTypes = ModeTypes {
    list: "beIQ",
    always: "k",
    when_set: "fl",
    flag: "CKcimMnRsSt",
    rank: "qaohv",
};

/// The tokens of this configuration.
pub(crate) fn tokens(config: &Config) -> Isupport {
    let key = |name: &'static str| Middle::new(name).unwrap_or(Middle::STAR);
    let number = |number: usize| number.to_string();
    let tokens = Isupport::new()
        .value(key("CASEMAPPING"), "ascii")
        .value(key("CHANTYPES"), "#&")
        .value(key("PREFIX"), "(qaohv)~&@%+")
        .value(key("STATUSMSG"), "~&@%+")
        .value(key("CHANMODES"), &MODES.chanmodes())
        .value(key("NICKLEN"), &number(config.nick_length))
        .value(key("CHANNELLEN"), &number(config.channel_length))
        .value(key("TOPICLEN"), &number(config.topic_length))
        .value(key("KICKLEN"), &number(config.kick_length))
        .value(key("AWAYLEN"), &number(config.away_length))
        .value(key("CHANLIMIT"), &format!("#&:{}", config.channels))
        .value(key("MODES"), &number(AT_ONCE))
        .value(
            key("MAXLIST"),
            &format!("beIQ:{}", polylogue_core::limits::MASKS),
        )
        .value(key("EXCEPTS"), "e")
        .value(key("INVEX"), "I")
        .value(key("EXTBAN"), "$,acmrt")
        .value(key("ACCOUNTEXTBAN"), "a")
        .value(key("TARGMAX"), &targmax(config.targets))
        .value(key("CHATHISTORY"), &number(config.history_messages))
        .value(key("MSGREFTYPES"), "msgid,timestamp")
        .value(key("ELIST"), polylogue_irc::elist::LETTERS)
        .value(key("BOT"), &crate::commands::user_mode::BOT.to_string())
        .value(key("MONITOR"), &number(polylogue_hub::WATCHED_NAMES))
        .value(key("SILENCE"), &number(polylogue_core::limits::SILENCED))
        .value(key("NETWORK"), &config.network)
        .flag(key("KNOCK"))
        .flag(key("WHOX"))
        .flag(key("SAFELIST"))
        .flag(key("UTF8ONLY"));
    let tokens = match config.tag_deny().token() {
        Some(denied) => tokens.value(key("CLIENTTAGDENY"), &denied),
        None => tokens,
    };
    if config.icon.is_empty() {
        tokens
    } else {
        // IRCv3 draft/network-icon.
        tokens.value(key("draft/ICON"), &config.icon)
    }
}

fn targmax(targets: usize) -> String {
    format!(
        "NAMES:,LIST:,KICK:,WHOIS:1,PRIVMSG:{targets},NOTICE:{targets},TAGMSG:{targets},JOIN:,PART:"
    )
}
