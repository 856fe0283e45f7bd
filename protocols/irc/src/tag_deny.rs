//! Client-only tags that a server does not relay (IRCv3 message-tags, "CLIENTTAGDENY").

use crate::tags::Tags;

/// Which tags do not come through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagDeny {
    /// As announced: `typing`, `*`, or `-typing`, which `*` does not mean.
    entries: Vec<Box<str>>,
}

/// Why a list is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected names of tags without +, \"*\" for all, or \"-\" and a name that \"*\" does not mean"
)]
pub struct NotATag;

impl TagDeny {
    /// Reads a list.
    ///
    /// # Errors
    /// [`NotATag`].
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, NotATag> {
        let checked = |entry: &str| {
            let name = entry.strip_prefix('-').unwrap_or(entry);
            let letters =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/');
            let is_tag = !name.is_empty() && name.len() <= 64 && name.bytes().all(letters);
            (is_tag || entry == "*")
                .then(|| entry.into())
                .ok_or(NotATag)
        };
        let entries = entries.into_iter().map(checked);
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// The value of the token, if anything is denied.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        (!self.entries.is_empty()).then(|| self.entries.join(","))
    }

    /// Whether a client-only tag does not come through; its key is as written, with `+`.
    #[must_use]
    pub fn denies(&self, key: &str) -> bool {
        let Some(name) = key.strip_prefix('+') else {
            return false;
        };
        let is = |entry: &str| self.entries.iter().any(|known| **known == *entry);
        is(name) || (is("*") && !is(&format!("-{name}")))
    }

    /// A line without the tags that do not come through; nothing if it has none of them.
    #[must_use]
    pub fn without(&self, line: &str) -> Option<String> {
        if self.entries.is_empty() {
            return None;
        }
        let (section, rest) = line.strip_prefix('@')?.split_once(' ')?;
        let denied = Tags::new(section).iter().any(|tag| self.denies(tag.key));
        if !denied {
            return None;
        }
        let kept: Vec<&str> = section
            .split(';')
            .filter(|tag| !self.denies(tag.split('=').next().unwrap_or_default()))
            .collect();
        let rest = rest.trim_start_matches(' ');
        Some(match kept.is_empty() {
            true => rest.to_owned(),
            false => format!("@{} {rest}", kept.join(";")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_taken_out_and_nothing_else() {
        let check = |entries: &[&str], line: &str, expected: Option<&str>| {
            let deny = TagDeny::new(entries.iter().copied()).unwrap();
            assert_eq!(
                deny.without(line).as_deref(),
                expected,
                "{entries:?} {line}"
            );
        };
        let line = "@label=x;+typing=active;+draft/react=a\\:b TAGMSG #c";
        check(&[], line, None);
        check(
            &["typing"],
            line,
            Some("@label=x;+draft/react=a\\:b TAGMSG #c"),
        );
        check(&["*"], line, Some("@label=x TAGMSG #c"));
        check(
            &["*", "-typing"],
            line,
            Some("@label=x;+typing=active TAGMSG #c"),
        );
        check(&["label"], line, None);
        check(&["reply"], line, None);
        check(
            &["*"],
            "@+a;+b PRIVMSG #c :@+a b",
            Some("PRIVMSG #c :@+a b"),
        );
        check(&["*"], "PRIVMSG #c :@+a b", None);
    }

    #[test]
    fn lists_are_checked() {
        let check =
            |entry: &str, fine: bool| assert_eq!(TagDeny::new([entry]).is_ok(), fine, "{entry}");
        check("*", true);
        check("typing", true);
        check("-example.org/tag", true);
        check("+typing", false);
        check("", false);
        check("-", false);
        check("a,b", false);
        check("a=b", false);
        assert_eq!(TagDeny::default().token(), None);
        let some = TagDeny::new(["*", "-typing"]).unwrap();
        assert_eq!(some.token().as_deref(), Some("*,-typing"));
    }
}
