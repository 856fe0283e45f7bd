//! Capabilities: their names, sets of them, and the lists of `CAP`. Which ones a server offers, and what they change, is not decided here.
//!
//! Source: IRCv3 capability-negotiation.

use std::fmt;

macro_rules! capabilities {
    ($($variant:ident $name:literal $about:literal;)*) => {
        /// A capability.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Capability {
            $(#[doc = concat!("`", $name, "`: ", $about, ".")] $variant,)*
        }

        impl Capability {
            /// Every known capability, the most asked for first.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The capability of a name; names are compared exactly.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

capabilities! {
    Sasl "sasl" "authentication before registration";
    ServerTime "server-time" "the `time` tag";
    MessageTags "message-tags" "client-only tags, `msgid` and TAGMSG";
    CapNotify "cap-notify" "CAP NEW and CAP DEL; implied by version 302";
    MultiPrefix "multi-prefix" "all prefixes of a member in NAMES and WHO";
    AwayNotify "away-notify" "AWAY lines of others";
    ExtendedJoin "extended-join" "account and real name in JOIN";
    Chghost "chghost" "CHGHOST instead of QUIT and JOIN";
    AccountNotify "account-notify" "ACCOUNT lines";
    InviteNotify "invite-notify" "invitations of others";
    EchoMessage "echo-message" "own messages come back";
    UserhostInNames "userhost-in-names" "`nick!user@host` in NAMES";
    AccountTag "account-tag" "the `account` tag";
    Batch "batch" "lines that belong together";
    Setname "setname" "real names can change";
    LabeledResponse "labeled-response" "the `label` tag ties replies to commands";
    StandardReplies "standard-replies" "FAIL, WARN and NOTE for everything";
    ExtendedMonitor "extended-monitor" "away, account and name changes of monitored nicks";
    NoImplicitNames "no-implicit-names" "no NAMES reply after JOIN";
    DraftNoImplicitNames "draft/no-implicit-names" "the name before it was ratified";
    Chathistory "draft/chathistory" "CHATHISTORY";
    EventPlayback "draft/event-playback" "JOIN, MODE and the like in history";
    MessageRedaction "draft/message-redaction" "REDACT";
    Multiline "draft/multiline" "messages of several lines";
    ReadMarker "draft/read-marker" "MARKREAD";
    PreAway "draft/pre-away" "AWAY before registration";
    Metadata2 "draft/metadata-2" "METADATA";
    Metadata3 "draft/metadata-3" "METADATA, as being revised";
    ChannelRename "draft/channel-rename" "RENAME";
    AccountRegistration "draft/account-registration" "REGISTER and VERIFY";
    ExtendedIsupport "draft/extended-isupport" "ISUPPORT before registration";
    Persistence "draft/persistence" "membership without a connection";
    OperTag "draft/oper-tag" "the `draft/oper` tag on what server operators say";
    Sts "sts" "strict transport security";
    Tls "tls" "STARTTLS, deprecated";
    ClientBatch "draft/client-batch" "batches of clients";
    SelfMessage "znc.in/self-message" "own private messages from other sessions";
    Playback "znc.in/playback" "history by PRIVMSG *playback";
    Search "soju.im/search" "SEARCH";
    SojuWebpush "soju.im/webpush" "WEBPUSH";
    Webpush "draft/webpush" "WEBPUSH";
    Relaymsg "draft/relaymsg" "RELAYMSG";
    Edit "polylogue/edit" "EDIT, and edits as tags";
    Rich "polylogue/rich" "rich text and media as tags";
    EndToEnd "polylogue/e2e" "sealed messages by E2E GET";
}

/// A set of capabilities, in one word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CapabilitySet(u64);

const _: () = assert!(
    Capability::ALL.len() <= 56,
    "a set has 64 places, of which its users may take eight"
);

impl CapabilitySet {
    /// No capability.
    pub const EMPTY: Self = Self(0);

    /// The set of a list.
    #[must_use]
    pub const fn of(list: &[Capability]) -> Self {
        let mut set = Self::EMPTY;
        let mut rest = list;
        while let [capability, after @ ..] = rest {
            set = set.with(*capability);
            rest = after;
        }
        set
    }

    /// The set as a word, for [`from_bits`](Self::from_bits).
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set of a word that [`bits`](Self::bits) gave.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// This set and one more.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u8)
    }

    /// This set without one.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability as u8))
    }

    /// Whether a capability is in the set.
    #[must_use]
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u8 != 0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets: with a constant mask, the bits that change a rendering.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, the most asked for first.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .iter()
            .copied()
            .filter(move |capability| self.has(*capability))
    }
}

impl FromIterator<Capability> for CapabilitySet {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for CapabilitySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Names with a space between them, as `CAP LIST` and `CAP ACK` say them.
impl fmt::Display for CapabilitySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, capability) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{}", capability.name())?;
        }
        Ok(())
    }
}

/// What a `CAP REQ` asks for. It is granted as a whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request {
    /// To be switched on.
    pub enable: CapabilitySet,
    /// To be switched off, written with `-`.
    pub disable: CapabilitySet,
}

impl Request {
    /// Reads the list of a `CAP REQ`; of a name that is given twice the last one counts. `None` if one name is unknown: the answer is
    /// `CAP NAK` with the same list.
    #[must_use]
    pub fn parse(list: &str) -> Option<Self> {
        let mut request = Self::default();
        for word in list.split_ascii_whitespace() {
            match word.strip_prefix('-') {
                Some(name) => {
                    let capability = Capability::from_name(name)?;
                    request.enable = request.enable.without(capability);
                    request.disable = request.disable.with(capability);
                }
                None => {
                    let capability = Capability::from_name(word)?;
                    request.enable = request.enable.with(capability);
                    request.disable = request.disable.without(capability);
                }
            }
        }
        Some(request)
    }

    /// The set after the request.
    #[must_use]
    pub const fn applied_to(self, set: CapabilitySet) -> CapabilitySet {
        set.union(self.enable).difference(self.disable)
    }
}

/// Which version of the negotiation the client speaks (`CAP LS 302`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// 3.1: names without values, on one line.
    #[default]
    V301,
    /// 3.2 and later: names with values, on several lines.
    V302,
}

impl Version {
    /// From the parameter of `CAP LS`.
    #[must_use]
    pub fn from_parameter(parameter: Option<&str>) -> Self {
        match parameter.and_then(|version| version.parse::<u32>().ok()) {
            Some(version) if version >= 302 => Self::V302,
            Some(_) | None => Self::V301,
        }
    }
}

/// The trailing parameters of a `CAP LS` answer, each at most `room` bytes; all but the last are sent with `*` in front. There is always at
/// least one. Clients of version 301 can't read a second line, so for them the list ends where the first line is full: the rest, which is
/// asked for least, can still be requested.
pub fn list<'v>(
    version: Version,
    set: CapabilitySet,
    value: impl Fn(Capability) -> Option<&'v str>,
    room: usize,
) -> Vec<String> {
    let mut lines = vec![String::new()];
    for capability in set.iter() {
        let name = capability.name();
        let word = match (version, value(capability)) {
            (Version::V302, Some(value)) => format!("{name}={value}"),
            (Version::V302, None) | (Version::V301, _) => name.to_owned(),
        };
        let full = lines
            .last()
            .is_some_and(|line| !line.is_empty() && line.len() + 1 + word.len() > room);
        match version {
            Version::V301 if full => break,
            Version::V302 if full => lines.push(word),
            Version::V301 | Version::V302 => {
                if let Some(line) = lines.last_mut() {
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line.push_str(&word);
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_sets_agree() {
        let all: CapabilitySet = Capability::ALL.iter().copied().collect();
        assert_eq!(all.iter().count(), Capability::ALL.len());
        for capability in Capability::ALL {
            assert_eq!(Capability::from_name(capability.name()), Some(*capability));
            assert!(all.has(*capability) && !all.without(*capability).has(*capability));
        }
        assert_eq!(
            CapabilitySet::of(&[Capability::Batch, Capability::Sasl]).to_string(),
            "sasl batch"
        );
        assert_eq!(CapabilitySet::EMPTY.to_string(), "");
    }

    #[test]
    fn requests() {
        let check = |list: &str, enable: &str, disable: &str| {
            let request = Request::parse(list).unwrap();
            assert_eq!(
                (request.enable.to_string(), request.disable.to_string()),
                (enable.into(), disable.into()),
                "{list}"
            );
        };
        check("", "", "");
        check("sasl", "sasl", "");
        check("  batch sasl  ", "sasl batch", "");
        check("sasl -batch", "sasl", "batch");
        check("sasl -sasl", "", "sasl");
        check("-sasl sasl", "sasl", "");
        for unknown in ["foo", "sasl foo", "SASL", "-", "sasl=PLAIN", "--sasl"] {
            assert_eq!(Request::parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn requests_are_applied() {
        let set = CapabilitySet::of(&[Capability::Batch]);
        let request = Request::parse("sasl -batch").unwrap();
        assert_eq!(request.applied_to(set).to_string(), "sasl");
    }

    #[test]
    fn versions() {
        let check = |parameter: Option<&str>, expected: Version| {
            assert_eq!(
                Version::from_parameter(parameter),
                expected,
                "{parameter:?}"
            )
        };
        check(None, Version::V301);
        check(Some("301"), Version::V301);
        check(Some("302"), Version::V302);
        check(Some("307"), Version::V302);
        check(Some("x"), Version::V301);
    }

    fn value(capability: Capability) -> Option<&'static str> {
        (capability == Capability::Sasl).then_some("PLAIN,EXTERNAL")
    }

    #[test]
    fn lists_of_old_clients_are_one_line_without_values() {
        let all: CapabilitySet = Capability::ALL.iter().copied().collect();
        let lines = list(Version::V301, all, value, 60);
        assert_eq!(
            lines,
            ["sasl server-time message-tags cap-notify multi-prefix"]
        );
        assert_eq!(list(Version::V302, CapabilitySet::EMPTY, value, 60), [""]);
    }

    proptest! {
        #[test]
        fn lists_keep_every_name_and_the_limit(bits in any::<u64>(), room in 40_usize..500) {
            let set = Capability::ALL.iter().copied().filter(|c| bits & 1 << *c as u8 != 0).collect::<CapabilitySet>();
            let lines = list(Version::V302, set, value, room);
            prop_assert!(lines.iter().all(|line| line.len() <= room));
            let words: Vec<_> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
            let expected: Vec<_> = set.iter().map(|c| value(c).map_or(c.name().to_owned(), |v| format!("{}={v}", c.name()))).collect();
            prop_assert_eq!(words, expected);
        }
    }
}
