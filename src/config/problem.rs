//! A mistake in a configuration, and how it is shown: where it stands, the key, what was expected. It finds none itself.

use std::fmt;
use std::ops::Range;

/// One mistake (or hint) with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// The key, in full: `irc.nick_length`, `listen[1].address`; empty for the syntax of the file.
    pub key: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// The known word that was probably meant.
    pub suggestion: Option<String>,
}

/// Where a mistake stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file: byte range of the offending key or value.
    File(Range<usize>),
    /// In the environment: the variable's name.
    Environment(String),
    /// Nowhere: the value is the default.
    Default,
}

/// A problem beside the file that it is about, ready to print.
pub struct Shown<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// The file's name as the user typed it.
    pub file: &'a str,
    /// The file's text.
    pub text: &'a str,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt = match &self.problem.place {
            Place::File(span) => Some(Excerpt::new(self.text, span)),
            Place::Environment(_) | Place::Default => None,
        };
        match (&self.problem.place, &excerpt) {
            (Place::Environment(variable), _) => write!(f, "environment variable {variable}: ")?,
            (Place::File(_), Some(excerpt)) => {
                write!(f, "{}:{}:{}: ", self.file, excerpt.line, excerpt.column)?
            }
            (Place::File(_) | Place::Default, _) => write!(f, "{}: ", self.file)?,
        }
        if !self.problem.key.is_empty() {
            write!(f, "{}: ", self.problem.key)?;
        }
        f.write_str(&self.problem.message)?;
        if let Some(suggestion) = &self.problem.suggestion {
            write!(f, "; did you mean `{suggestion}`?")?;
        }
        match excerpt {
            Some(excerpt) => write!(f, "\n{excerpt}"),
            None => Ok(()),
        }
    }
}

/// The line that a problem points at, with carets under the offending part.
struct Excerpt<'a> {
    line: usize,
    column: usize,
    source: &'a str,
    carets: usize,
}

impl<'a> Excerpt<'a> {
    fn new(text: &'a str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source = text.get(start..).unwrap_or("").lines().next().unwrap_or("");
        let column = text.get(start..span.start).unwrap_or("").chars().count() + 1;
        let marked = text
            .get(span.clone())
            .unwrap_or("")
            .lines()
            .next()
            .unwrap_or("");
        Self {
            line: before.matches('\n').count() + 1,
            column,
            source,
            carets: marked.chars().count().max(1),
        }
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        // Tabs stay tabs, so that the carets stand under the text.
        let indent: String = self
            .source
            .chars()
            .take(self.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "  {number} | {}", harmless(self.source))?;
        write!(f, "  {margin} | {indent}{}", "^".repeat(self.carets))
    }
}

/// A terminal must not obey what a file says.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(span: Range<usize>, expected: &str) {
        let text = "[irc]\n\tnick = 1\nlast";
        let problem = Problem {
            place: Place::File(span),
            key: "irc.nick".into(),
            message: "unknown key".into(),
            suggestion: Some("nicks".into()),
        };
        assert_eq!(
            Shown {
                problem: &problem,
                file: "c.toml",
                text
            }
            .to_string(),
            expected
        );
    }

    #[test]
    fn problems_point_at_their_place() {
        check(
            0..5,
            "c.toml:1:1: irc.nick: unknown key; did you mean `nicks`?\n  1 | [irc]\n    | ^^^^^",
        );
        check(
            7..11,
            "c.toml:2:2: irc.nick: unknown key; did you mean `nicks`?\n  2 | \tnick = 1\n    | \t^^^^",
        );
        check(
            20..20,
            "c.toml:3:5: irc.nick: unknown key; did you mean `nicks`?\n  3 | last\n    |     ^",
        );
        check(
            90..95,
            "c.toml:3:1: irc.nick: unknown key; did you mean `nicks`?\n  3 | last\n    | ^",
        );
    }

    #[test]
    fn the_environment_is_named_by_its_variable() {
        let problem = Problem {
            place: Place::Environment("POLYLOGUE__IRC__CHANNELS".into()),
            key: "irc.channels".into(),
            message: "expected more".into(),
            suggestion: None,
        };
        let shown = Shown {
            problem: &problem,
            file: "c.toml",
            text: "",
        }
        .to_string();
        assert_eq!(
            shown,
            "environment variable POLYLOGUE__IRC__CHANNELS: irc.channels: expected more"
        );
    }
}
