//! Message tags: reading and unescaping received ones, escaping those that are sent. Which tags may be relayed is not decided here.
//!
//! Source: IRCv3 message-tags.

use std::borrow::Cow;

use bytes::BytesMut;

/// The tag section of a received message, without `@`.
///
/// `tags = tag *( ";" tag )`, `tag = key [ "=" escaped-value ]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tags<'a>(&'a str);

impl<'a> Tags<'a> {
    /// The section as written, without `@` and the closing space.
    #[must_use]
    pub const fn new(section: &'a str) -> Self {
        Self(section)
    }

    /// Whether the message had no tags.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Every tag in the order of the line. Empty ones (`a;;b`) are left out.
    pub fn iter(self) -> impl Iterator<Item = ReceivedTag<'a>> {
        self.0.split(';').filter_map(|tag| {
            let (key, escaped) = tag.split_once('=').unwrap_or((tag, ""));
            (!key.is_empty()).then_some(ReceivedTag { key, escaped })
        })
    }

    /// Tags that clients send to each other, those with a `+` in front.
    pub fn client_only(self) -> impl Iterator<Item = ReceivedTag<'a>> {
        self.iter().filter(|tag| tag.key.starts_with('+'))
    }

    /// The unescaped value of a tag, empty if it has none. Of a repeated key the last one counts ("Rules for servers and clients").
    #[must_use]
    pub fn get(self, key: &str) -> Option<Cow<'a, str>> {
        // Most lines have none, and are asked for several.
        if self.is_empty() {
            return None;
        }
        self.iter()
            .filter(|tag| tag.key == key)
            .last()
            .map(|tag| tag.value())
    }
}

/// One tag of a received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedTag<'a> {
    /// The key as written, with a leading `+` for client-only tags. Not checked: see [`TagKey::new`].
    pub key: &'a str,
    escaped: &'a str,
}

impl<'a> ReceivedTag<'a> {
    /// The value, unescaped.
    #[must_use]
    pub fn value(self) -> Cow<'a, str> {
        unescape(self.escaped)
    }

    /// The value as written. A second escaping of [`ReceivedTag::value`] is never longer.
    #[must_use]
    pub const fn escaped(self) -> &'a str {
        self.escaped
    }

    /// The same tag for sending on. `None` if the key breaks the grammar.
    #[must_use]
    pub fn relayed(self) -> Option<Tag<'a>> {
        Some(Tag {
            key: TagKey::new(self.key)?,
            value: self.value(),
        })
    }
}

/// A key that is safe to send.
///
/// `key = [ "+" ] [ vendor "/" ] 1*( ALPHA / DIGIT / "-" )`, where a vendor is a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TagKey<'a>(&'a str);

impl<'a> TagKey<'a> {
    /// IRCv3 server-time.
    pub const TIME: TagKey<'static> = TagKey("time");
    /// IRCv3 message-ids.
    pub const MSGID: TagKey<'static> = TagKey("msgid");
    /// IRCv3 account-tag.
    pub const ACCOUNT: TagKey<'static> = TagKey("account");
    /// IRCv3 batch.
    pub const BATCH: TagKey<'static> = TagKey("batch");
    /// IRCv3 labeled-response.
    pub const LABEL: TagKey<'static> = TagKey("label");
    /// IRCv3 bot-mode.
    pub const BOT: TagKey<'static> = TagKey("bot");
    /// IRCv3 oper-tag: a server operator speaks.
    pub const OPER: TagKey<'static> = TagKey("draft/oper");
    /// IRCv3 draft/multiline: this line goes on without a line break.
    pub const MULTILINE_CONCAT: TagKey<'static> = TagKey("draft/multiline-concat");
    /// IRCv3 draft/chathistory: this line belongs to the one before it.
    pub const CHATHISTORY_CONTEXT: TagKey<'static> = TagKey("draft/chathistory-context");
    /// IRCv3 reply client tag.
    pub const REPLY: TagKey<'static> = TagKey("+reply");
    /// The name of `+reply` before it was ratified, which many clients still speak.
    pub const DRAFT_REPLY: TagKey<'static> = TagKey("+draft/reply");
    /// IRCv3 react client tag.
    pub const DRAFT_REACT: TagKey<'static> = TagKey("+draft/react");
    /// IRCv3 react client tag: takes a reaction back.
    pub const DRAFT_UNREACT: TagKey<'static> = TagKey("+draft/unreact");
    /// IRCv3 typing client tag.
    pub const TYPING: TagKey<'static> = TagKey("+typing");
    /// IRCv3 channel-context client tag.
    pub const CHANNEL_CONTEXT: TagKey<'static> = TagKey("+channel-context");

    /// Checks a key. `None` if it breaks the grammar.
    #[must_use]
    pub fn new(key: &'a str) -> Option<Self> {
        let bare = key.strip_prefix('+').unwrap_or(key);
        let (vendor, name) = match bare.rsplit_once('/') {
            Some((vendor, name)) => (Some(vendor), name),
            None => (None, bare),
        };
        let label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let vendor_is_host = vendor.is_none_or(|vendor| {
            !vendor.is_empty() && vendor.bytes().all(|byte| label(byte) || byte == b'.')
        });
        (vendor_is_host && !name.is_empty() && name.bytes().all(label)).then_some(Self(key))
    }

    /// The key as written.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// A tag to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    key: TagKey<'a>,
    value: Cow<'a, str>,
}

impl<'a> Tag<'a> {
    /// A tag with a value, which may be any text: it is escaped when written. NUL, which no IRC line can hold and which has no escape, is
    /// written as U+FFFD.
    #[must_use]
    pub fn new(key: TagKey<'a>, value: impl Into<Cow<'a, str>>) -> Self {
        Self {
            key,
            value: value.into(),
        }
    }

    /// A tag without value.
    #[must_use]
    pub const fn flag(key: TagKey<'a>) -> Self {
        Self {
            key,
            value: Cow::Borrowed(""),
        }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> TagKey<'a> {
        self.key
    }

    /// The value before escaping.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Appends `key=escaped`, or the key alone if the value is empty (both mean the same by the specification).
    pub(crate) fn write(&self, buffer: &mut BytesMut) {
        buffer.extend_from_slice(self.key.0.as_bytes());
        if self.value.is_empty() {
            return;
        }
        buffer.extend_from_slice(b"=");
        let mut rest: &str = &self.value;
        while let Some(at) = rest.find([';', ' ', '\\', '\r', '\n', '\0']) {
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let mut after = special.chars();
            let escape = match after.next() {
                Some(';') => "\\:",
                Some(' ') => "\\s",
                Some('\\') => "\\\\",
                Some('\r') => "\\r",
                Some('\n') => "\\n",
                Some(_) | None => "\u{FFFD}",
            };
            buffer.extend_from_slice(plain.as_bytes());
            buffer.extend_from_slice(escape.as_bytes());
            rest = after.as_str();
        }
        buffer.extend_from_slice(rest.as_bytes());
    }
}

/// Undoes the escapes of "Escaping values": an unknown escape loses its backslash, and so does the end of the value.
fn unescape(escaped: &str) -> Cow<'_, str> {
    if !escaped.contains('\\') {
        return Cow::Borrowed(escaped);
    }
    let mut value = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some(':') => value.push(';'),
            Some('s') => value.push(' '),
            Some('r') => value.push('\r'),
            Some('n') => value.push('\n'),
            Some(other) => value.push(other),
            None => {}
        }
    }
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(tag: &Tag<'_>) -> String {
        let mut buffer = BytesMut::new();
        tag.write(&mut buffer);
        String::from_utf8(buffer.to_vec()).unwrap()
    }

    #[test]
    fn values_are_read_by_the_table_of_escapes() {
        let check = |section: &str, key: &str, expected: Option<&str>| {
            assert_eq!(
                Tags::new(section).get(key).as_deref(),
                expected,
                "{section}"
            );
        };
        check("a=b", "a", Some("b"));
        check("a", "a", Some(""));
        check("a=", "a", Some(""));
        check("a=b=c", "a", Some("b=c"));
        check("a=1;a=2", "a", Some("2"));
        check("a;;b=1", "b", Some("1"));
        check(r"a=\:\s\\\r\n", "a", Some("; \\\r\n"));
        check(r"a=\b\", "a", Some("b"));
        check("+a=1", "a", None);
        check("=x", "", None);
    }

    #[test]
    fn keys_follow_the_grammar() {
        for good in [
            "a",
            "+a",
            "msgid",
            "+draft/react",
            "example.com/foo-1",
            "+example.com/x",
        ] {
            assert!(TagKey::new(good).is_some(), "{good}");
        }
        for bad in [
            "", "+", "++a", "a b", "a=b", "a;b", "/a", "a/", "a/b/c", "a_b", "é", "a\n",
        ] {
            assert!(TagKey::new(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn empty_values_are_written_as_flags_and_nul_is_replaced() {
        assert_eq!(written(&Tag::flag(TagKey::BOT)), "bot");
        assert_eq!(written(&Tag::new(TagKey::MSGID, "")), "msgid");
        assert_eq!(
            written(&Tag::new(TagKey::MSGID, "a\0b")),
            "msgid=a\u{FFFD}b"
        );
    }

    proptest! {
        #[test]
        fn escaping_is_undone_by_reading(value in any::<String>()) {
            let value = value.replace('\0', "");
            let text = written(&Tag::new(TagKey::LABEL, value.as_str()));
            prop_assert!(!text.contains([' ', ';', '\r', '\n', '\0']));
            let read = Tags::new(&text).get("label");
            prop_assert_eq!(read.as_deref(), Some(value.as_str()));
        }

        #[test]
        fn relaying_never_grows_a_value(escaped in "[a-z\\\\:snr;é]{0,40}") {
            let section = format!("+a={escaped}");
            for tag in Tags::new(&section).client_only() {
                if let Some(relayed) = tag.relayed() {
                    prop_assert!(written(&relayed).len() <= tag.key.len() + 1 + tag.escaped().len());
                }
            }
        }
    }
}
