//! Masks: `nick!user@host` with wildcards, and extended bans. Matching is linear in mask times text at worst, never exponential.

use crate::ids::UserId;
use crate::state::World;

/// What a mask is matched against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `nick!user@host`.
    pub source: String,
    /// The account's nick; guests have none.
    pub account: Option<String>,
    /// The real name.
    pub real_name: String,
    /// The names of the rooms that he is in.
    pub channels: Vec<String>,
}

impl Identity {
    /// A user as masks see him: with the presentation of his latest session, or without a host if he has none.
    #[must_use]
    pub fn of(world: &World, user: UserId) -> Self {
        let nick = world.name_of(user).map_or("*", |name| name.nick());
        let session = world
            .live
            .sessions_of(user)
            .last()
            .and_then(|id| world.live.sessions.get(id));
        let (username, host, real_name) = session.map_or(("*", "*", ""), |session| {
            (
                &*session.presentation.username,
                &*session.presentation.host,
                &*session.presentation.real_name,
            )
        });
        Self {
            source: format!("{nick}!{username}@{host}"),
            account: world.is_account(user).then(|| nick.to_owned()),
            real_name: real_name.to_owned(),
            channels: channels(world, user),
        }
    }

    /// Whether a mask means this identity. Extended forms: `$a:glob` (account), `$a` (any account), `$r:glob` (real name), `$c:glob` (in a channel), each also with `~`
    /// in place of `$` and with `!` before the letter for "not".
    #[must_use]
    pub fn matches(&self, mask: &str) -> bool {
        let Some(extended) = mask.strip_prefix(['$', '~']) else {
            return glob(mask, &self.source);
        };
        let (negated, extended) = extended
            .strip_prefix('!')
            .map_or((false, extended), |rest| (true, rest));
        let (letter, pattern) = extended
            .split_once(':')
            .map_or((extended, None), |(letter, pattern)| {
                (letter, Some(pattern))
            });
        let matched = match (letter, pattern) {
            ("a", None) => self.account.is_some(),
            ("a", Some(pattern)) => self
                .account
                .as_ref()
                .is_some_and(|account| glob(pattern, account)),
            ("r", Some(pattern)) => glob(pattern, &self.real_name),
            ("c", Some(pattern)) => self.channels.iter().any(|name| glob(pattern, name)),
            _ => return false,
        };
        matched != negated
    }
}

fn channels(world: &World, user: UserId) -> Vec<String> {
    let rooms = world.state.user(user).into_iter();
    rooms
        .flat_map(|user| user.joined())
        .filter_map(|room| world.state.room(room)?.state.canonical_name())
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// The account that a mask names: `$a:name`, `~a:name` or `name!*@*`, without wildcards in the name.
#[must_use]
pub fn named_account(world: &World, mask: &str) -> Option<UserId> {
    let name = mask
        .strip_prefix("$a:")
        .or_else(|| mask.strip_prefix("~a:"))
        .or_else(|| mask.strip_suffix("!*@*"))?;
    if name.contains(['*', '?', '!']) {
        return None;
    }
    world
        .user_named(name)
        .filter(|user| world.is_account(*user))
}

/// The mask of a mute, `$m:mask` or `~m:mask`: on a list of bans it keeps from speaking, and from nothing else.
#[must_use]
pub fn muted(mask: &str) -> Option<&str> {
    mask.strip_prefix(['$', '~'])?.strip_prefix("m:")
}

/// Whether `text` matches `pattern` with `*` (any run) and `?` (one character), without regard to ASCII case. Two pointers and one place to
/// go back to: at most pattern times text steps.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t = behind(text, t);
            }
            Some(want) if want.eq_ignore_ascii_case(byte) => {
                p += 1;
                t += 1;
            }
            Some(_) | None => match back {
                Some((star, from)) => {
                    let next = behind(text, from);
                    back = Some((star, next));
                    p = star;
                    t = next;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// The place behind the character at a place of UTF-8 text: its first byte, and all that go on with it.
fn behind(text: &[u8], at: usize) -> usize {
    let rest = text.iter().skip(at + 1);
    at + 1 + rest.take_while(|byte| **byte & 0xC0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs() {
        let check = |pattern: &str, text: &str, want: bool| {
            assert_eq!(glob(pattern, text), want, "{pattern} {text}")
        };
        check("*", "", true);
        check("*!*@host", "a!b@HOST", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("*a*b", "xxaxxb", true);
        check("*a*b", "xxaxxbc", false);
        check("", "a", false);
        check("", "", true);
        check("?", "", false);
        check("*.example.org", "HOST.Example.ORG", true);
        check("*ab", "aab", true);
        check("*aab", "aaaab", true);
        check("É", "é", false);
        check("[", "{", false);
        let stars = "*a".repeat(200) + "!*@*";
        check(&stars, &"a".repeat(5_000), false);
    }

    #[test]
    fn a_question_mark_is_one_character_of_any_length() {
        let check = |pattern: &str, text: &str, want: bool| {
            assert_eq!(glob(pattern, text), want, "{pattern} {text}")
        };
        check("?", "é", true);
        check("??", "é", false);
        check("*??", "€", false);
        check("caf?", "café", true);
        check("*?n", "Zoë Ann", true);
        check("?*", "€", true);
        check("*é?", "éé€", true);
    }

    /// The definition, in exponential time.
    fn slow_glob(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], text) => (0..=text.len()).any(|skip| slow_glob(rest, &text[skip..])),
            (['?', rest @ ..], [_, after @ ..]) => slow_glob(rest, after),
            ([want, rest @ ..], [have, after @ ..]) => want == have && slow_glob(rest, after),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn glob_equals_its_definition(pattern in "[abé€*?]{0,8}", text in "[abé€]{0,10}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let wanted = slow_glob(&characters(&pattern), &characters(&text));
            prop_assert_eq!(glob(&pattern, &text), wanted, "{} {}", pattern, text);
        }
    }

    proptest! {
        /// Whoever a mask does not mean, its negation means.
        #[test]
        fn a_negated_mask_means_the_others(pattern in "[a-cé*?!@:$~]{0,12}", who in "[a-cé!@:$~]{0,12}") {
            let identity = Identity {
                source: who.clone(),
                account: Some(who.clone()),
                real_name: who.clone(),
                channels: vec![who],
            };
            for letter in ["a", "r", "c"] {
                let plain = identity.matches(&format!("${letter}:{pattern}"));
                let others = identity.matches(&format!("~!{letter}:{pattern}"));
                prop_assert_ne!(plain, others, "{}", letter);
            }
        }
    }

    #[test]
    fn extended_masks() {
        let guest = Identity {
            source: "g!u@h".into(),
            account: None,
            real_name: "A Guest".into(),
            channels: Vec::new(),
        };
        let alice = Identity {
            source: "alice!u@h".into(),
            account: Some("alice".into()),
            real_name: "Alice".into(),
            channels: vec!["#garden".into()],
        };
        let check = |who: &Identity, mask: &str, want: bool| {
            assert_eq!(who.matches(mask), want, "{who:?} {mask}")
        };
        check(&alice, "$a:al*", true);
        check(&alice, "~a:bob", false);
        check(&guest, "$a:*", false);
        check(&guest, "$!a", true);
        check(&alice, "$!a", false);
        check(&guest, "$r:*guest", true);
        check(&guest, "$x:anything", false);
        check(&alice, "$c:#GARD*", true);
        check(&guest, "$c:#garden", false);
        check(&guest, "~!c:#garden", true);
        // A mute means nobody by itself: it only keeps from speaking.
        check(&guest, "$m:g!*@*", false);
        assert_eq!(muted("$m:$a:bob"), Some("$a:bob"));
        assert_eq!(muted("m!*@*"), None);
        check(&guest, "g!*@*", true);
    }
}
