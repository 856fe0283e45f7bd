//! Patterns for lines and for JSON. `*` stands for any text; `{name}` for a word, which is kept under that name the first time and must be the
//! same every time after. A word goes on to the next space, comma, semicolon or exclamation mark.

use std::collections::BTreeMap;

use serde_json::Value;

/// The words that patterns found, by name.
pub type Bindings = BTreeMap<String, String>;

/// A pattern for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Any,
    Word(String),
}

impl Pattern {
    /// Reads a pattern. Every text is one: what is neither `*` nor `{name}` stands for itself.
    pub fn new(text: &str) -> Self {
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        let flush = |plain: &mut String, parts: &mut Vec<Part>| {
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(plain)));
            }
        };
        while let Some(c) = rest.chars().next() {
            let name = rest
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'))
                .filter(|(name, _)| is_name(name));
            if let Some((name, after)) = name {
                flush(&mut plain, &mut parts);
                parts.push(Part::Word(name.to_owned()));
                rest = after;
                continue;
            }
            if c == '*' {
                flush(&mut plain, &mut parts);
                parts.push(Part::Any);
            } else {
                plain.push(c);
            }
            rest = rest.strip_prefix(c).unwrap_or_default();
        }
        flush(&mut plain, &mut parts);
        Self(parts)
    }

    /// Whether a text is what the pattern stands for. Words that it finds are added to the bindings, if it is.
    pub fn matches(&self, text: &str, bindings: &mut Bindings) -> bool {
        match fit(&self.0, text, bindings.clone()) {
            Some(found) => {
                *bindings = found;
                true
            }
            None => false,
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn fit(parts: &[Part], text: &str, bindings: Bindings) -> Option<Bindings> {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty().then_some(bindings);
    };
    match first {
        Part::Text(plain) => fit(rest, text.strip_prefix(plain.as_str())?, bindings),
        Part::Any => ends(text).find_map(|after| fit(rest, after, bindings.clone())),
        Part::Word(name) => {
            let end = text.find(|c| !is_of_a_word(c)).unwrap_or(text.len());
            let (word, after) = text
                .split_at_checked(end)
                .filter(|(word, _)| !word.is_empty())?;
            let mut bindings = bindings;
            let bound = bindings
                .entry(name.clone())
                .or_insert_with(|| word.to_owned());
            if bound == word {
                fit(rest, after, bindings)
            } else {
                None
            }
        }
    }
}

/// Whether a character can stand in a word.
fn is_of_a_word(c: char) -> bool {
    !matches!(c, ' ' | ',' | ';' | '!')
}

/// What is left of a text after each of its beginnings, the shortest first.
fn ends(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .filter_map(|at| text.get(at..))
}

/// Puts the bound words in place of their names.
pub fn fill(text: &str, bindings: &Bindings) -> String {
    bindings.iter().fold(text.to_owned(), |text, (name, word)| {
        text.replace(&format!("{{{name}}}"), word)
    })
}

/// Whether a value has at least what a pattern has: objects all its fields, lists the same number of items, strings as patterns for a line.
/// `null` stands for a field that is not there.
pub fn has(value: &Value, pattern: &Value, bindings: &mut Bindings) -> bool {
    let mut found = bindings.clone();
    let fits = match (value, pattern) {
        (Value::Object(value), Value::Object(pattern)) => pattern
            .iter()
            .all(|(name, wanted)| has(value.get(name).unwrap_or(&Value::Null), wanted, &mut found)),
        (Value::Array(value), Value::Array(pattern)) => {
            value.len() == pattern.len()
                && value
                    .iter()
                    .zip(pattern)
                    .all(|(value, pattern)| has(value, pattern, &mut found))
        }
        (Value::String(value), Value::String(pattern)) => {
            Pattern::new(pattern).matches(value, &mut found)
        }
        (value, pattern) => value == pattern,
    };
    if fits {
        *bindings = found;
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(pattern: &str, text: &str, expected: Option<&[(&str, &str)]>) {
        let mut bindings = Bindings::new();
        let fits = Pattern::new(pattern).matches(text, &mut bindings);
        let expected = expected.map(|pairs| {
            pairs
                .iter()
                .map(|(name, word)| ((*name).to_owned(), (*word).to_owned()))
                .collect()
        });
        assert_eq!(fits.then_some(bindings), expected, "{pattern} and {text}");
    }

    #[test]
    fn lines_fit_patterns() {
        check(
            ":bob!* PRIVMSG #a :hi",
            ":bob!~u@x PRIVMSG #a :hi",
            Some(&[]),
        );
        check(
            ":bob!* PRIVMSG #a :hi",
            ":bob!~u@x PRIVMSG #a :hi there",
            None,
        );
        check("*hi*", "oh hi there", Some(&[]));
        check(
            "@*msgid={id};* PING",
            "@a=b;msgid=x1;c=d PING",
            Some(&[("id", "x1")]),
        );
        check("{a} and {a}", "x and x", Some(&[("a", "x")]));
        check("{a} and {a}", "x and y", None);
        check("a < b", "a < b", Some(&[]));
        check("MODE #a +b $a:bob", "MODE #a +b $a:bob", Some(&[]));
    }

    #[test]
    fn values_have_what_patterns_have() {
        let value =
            json!({"type": "event", "event": {"text": "hello", "id": "x1", "mentions": ["bob"]}});
        let mut bindings = Bindings::new();
        assert!(has(
            &value,
            &json!({"event": {"text": "he*", "id": "{id}", "thread": null}}),
            &mut bindings
        ));
        assert_eq!(bindings["id"], "x1");
        assert!(has(
            &value,
            &json!({"event": {"id": "{id}", "mentions": ["bob"]}}),
            &mut bindings
        ));
        assert!(!has(
            &value,
            &json!({"event": {"mentions": []}}),
            &mut bindings
        ));
        assert!(!has(
            &value,
            &json!({"event": {"thread": "x"}}),
            &mut bindings
        ));
        bindings.insert("id".to_owned(), "x2".to_owned());
        assert!(!has(
            &value,
            &json!({"event": {"id": "{id}"}}),
            &mut bindings
        ));
    }
}
