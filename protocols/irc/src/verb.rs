//! The command word of a line, as a closed set. What a command means is not decided here.

/// Longest word in the table below; anything longer is unknown without looking.
const LONGEST: usize = 12;

macro_rules! verbs {
    ($($variant:ident $word:literal $origin:literal;)*) => {
        /// A command word. Words are compared without regard to ASCII case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Verb {
            $(#[doc = concat!("`", $word, "`: ", $origin, ".")] $variant,)*
            /// A word that is not in this table; [`Message::word`](crate::Message::word) has its text.
            Unknown,
        }

        impl Verb {
            /// Every known verb, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The verb of a word as received.
            #[must_use]
            pub fn from_word(word: &str) -> Self {
                let mut buffer = [0_u8; LONGEST];
                let Some(upper) = buffer.get_mut(..word.len()) else { return Self::Unknown };
                upper.copy_from_slice(word.as_bytes());
                upper.make_ascii_uppercase();
                $(
                    if upper == $word.as_bytes() {
                        return Self::$variant;
                    }
                )*
                Self::Unknown
            }

            /// The word as written on the wire; `*` for [`Verb::Unknown`], as standard replies write "no command".
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unknown => "*",
                }
            }
        }
    };
}

// The frequent ones come first: the look-up walks the table.
verbs! {
    Privmsg "PRIVMSG" "RFC 2812 section 3.3.1";
    Ping "PING" "RFC 2812 section 3.7.2";
    Pong "PONG" "RFC 2812 section 3.7.3";
    Notice "NOTICE" "RFC 2812 section 3.3.2";
    Tagmsg "TAGMSG" "IRCv3 message-tags";
    Join "JOIN" "RFC 2812 section 3.2.1";
    Part "PART" "RFC 2812 section 3.2.2";
    Mode "MODE" "RFC 2812 sections 3.1.5 and 3.2.3";
    Who "WHO" "RFC 2812 section 3.6.1, WHOX";
    Away "AWAY" "RFC 2812 section 4.1";
    Batch "BATCH" "IRCv3 batch";
    Markread "MARKREAD" "IRCv3 draft/read-marker";
    Chathistory "CHATHISTORY" "IRCv3 draft/chathistory";
    Cap "CAP" "IRCv3 capability-negotiation";
    Authenticate "AUTHENTICATE" "IRCv3 sasl";
    Pass "PASS" "RFC 2812 section 3.1.1";
    Nick "NICK" "RFC 2812 section 3.1.2";
    User "USER" "RFC 2812 section 3.1.3";
    Quit "QUIT" "RFC 2812 section 3.1.7";
    Topic "TOPIC" "RFC 2812 section 3.2.4";
    Names "NAMES" "RFC 2812 section 3.2.5";
    List "LIST" "RFC 2812 section 3.2.6";
    Invite "INVITE" "RFC 2812 section 3.2.7";
    Kick "KICK" "RFC 2812 section 3.2.8";
    Whois "WHOIS" "RFC 2812 section 3.6.2";
    Whowas "WHOWAS" "RFC 2812 section 3.6.3";
    Ison "ISON" "RFC 2812 section 4.9";
    Userhost "USERHOST" "RFC 2812 section 4.8";
    Userip "USERIP" "common extension";
    Motd "MOTD" "RFC 2812 section 3.4.1";
    Lusers "LUSERS" "RFC 2812 section 3.4.2";
    Version "VERSION" "RFC 2812 section 3.4.3";
    Stats "STATS" "RFC 2812 section 3.4.4";
    Links "LINKS" "RFC 2812 section 3.4.5";
    Map "MAP" "common extension";
    Time "TIME" "RFC 2812 section 3.4.6";
    Trace "TRACE" "RFC 2812 section 3.4.8";
    Admin "ADMIN" "RFC 2812 section 3.4.9";
    Info "INFO" "RFC 2812 section 3.4.10";
    Help "HELP" "modern.ircdocs.horse";
    Helpop "HELPOP" "common extension";
    Setname "SETNAME" "IRCv3 setname";
    Monitor "MONITOR" "IRCv3 monitor";
    Redact "REDACT" "IRCv3 draft/message-redaction";
    Edit "EDIT" "vendor: correct an earlier message";
    Metadata "METADATA" "IRCv3 draft/metadata-2";
    Register "REGISTER" "IRCv3 draft/account-registration";
    Verify "VERIFY" "IRCv3 draft/account-registration";
    Rename "RENAME" "IRCv3 draft/channel-rename";
    Isupport "ISUPPORT" "IRCv3 draft/extended-isupport";
    Persistence "PERSISTENCE" "vendor draft/persistence";
    Search "SEARCH" "vendor soju.im/search";
    Webpush "WEBPUSH" "vendor soju.im/webpush";
    Knock "KNOCK" "common extension";
    Silence "SILENCE" "common extension";
    Oper "OPER" "RFC 2812 section 3.1.4";
    Kill "KILL" "RFC 2812 section 3.7.1";
    Samode "SAMODE" "common extension";
    Kline "KLINE" "common extension";
    Unkline "UNKLINE" "common extension";
    Dline "DLINE" "common extension";
    Undline "UNDLINE" "common extension";
    Sajoin "SAJOIN" "common extension";
    Sapart "SAPART" "common extension";
    Sanick "SANICK" "common extension";
    Rehash "REHASH" "RFC 2812 section 4.2";
    Die "DIE" "RFC 2812 section 4.3";
    Restart "RESTART" "RFC 2812 section 4.4";
    Wallops "WALLOPS" "RFC 2812 section 4.7";
    Webirc "WEBIRC" "IRCv3 webirc";
    Starttls "STARTTLS" "IRCv3 tls, deprecated";
    Nickserv "NICKSERV" "services shorthand";
    Ns "NS" "services shorthand";
    Chanserv "CHANSERV" "services shorthand";
    Cs "CS" "services shorthand";
    Memoserv "MEMOSERV" "services shorthand";
    Ms "MS" "services shorthand";
    Alis "ALIS" "services shorthand";
    Hostserv "HOSTSERV" "services shorthand";
    Hs "HS" "services shorthand";
    Botserv "BOTSERV" "services shorthand";
    Bs "BS" "services shorthand";
    Operserv "OPERSERV" "services shorthand";
    Os "OS" "services shorthand";
    Users "USERS" "RFC 2812 section 4.6";
    Summon "SUMMON" "RFC 2812 section 4.5";
    Servlist "SERVLIST" "RFC 2812 section 3.5.1";
    Squery "SQUERY" "RFC 2812 section 3.5.2";
    Squit "SQUIT" "RFC 2812 section 3.1.8";
    Connect "CONNECT" "RFC 2812 section 3.4.7";
    Error "ERROR" "RFC 2812 section 3.7.4, sent by servers";
    Ack "ACK" "IRCv3 labeled-response, sent by servers";
    Account "ACCOUNT" "IRCv3 account-notify, sent by servers";
    Chghost "CHGHOST" "IRCv3 chghost, sent by servers";
    Fail "FAIL" "IRCv3 standard-replies, sent by servers";
    Warn "WARN" "IRCv3 standard-replies, sent by servers";
    Note "NOTE" "IRCv3 standard-replies, sent by servers";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_recognised_in_any_case() {
        for verb in Verb::ALL {
            assert!(
                verb.word().len() <= LONGEST,
                "{verb:?} is longer than the look-up buffer"
            );
            assert_eq!(Verb::from_word(verb.word()), *verb);
            assert_eq!(Verb::from_word(&verb.word().to_ascii_lowercase()), *verb);
        }
        assert_eq!(Verb::from_word("FROBNICATE"), Verb::Unknown);
        assert_eq!(Verb::from_word("A_WORD_LONGER_THAN_ANY"), Verb::Unknown);
        assert_eq!(Verb::from_word(""), Verb::Unknown);
        assert_eq!(Verb::from_word("privmſg"), Verb::Unknown);
    }
}
