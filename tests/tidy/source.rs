//! One Rust source file, taken apart just far enough for the rules of the house: code without comments and literals, and the string literals
//! by themselves. It is not a parser: macros and types mean nothing to it.

/// A string literal and where it begins.
pub struct Literal {
    /// Line, from 1.
    pub line: usize,
    /// What stands between the quotes, escapes as written.
    pub text: String,
}

/// A source file.
pub struct Source {
    /// The code, line by line as in the file: comments and the contents of literals are blanks.
    pub code: String,
    /// Every string literal (plain, raw, byte or C).
    pub strings: Vec<Literal>,
}

/// Reads characters and puts each into the code or leaves a blank there.
struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    source: Source,
}

impl Source {
    /// Takes a file apart.
    pub fn read(text: &str) -> Self {
        let mut reader = Reader {
            rest: text.chars().peekable(),
            line: 1,
            source: Self {
                code: String::new(),
                strings: Vec::new(),
            },
        };
        while reader.step() {}
        reader.source
    }

    /// The file without its tests, which stand at its end.
    pub fn without_tests(&self) -> &str {
        let start = self.code.match_indices("#[cfg(test)]").find(|(at, mark)| {
            let after = self.code[at + mark.len()..].trim_start();
            after.starts_with("mod ")
                && !after[..after.find('\n').unwrap_or(after.len())].contains(';')
        });
        start.map_or(self.code.as_str(), |(at, _)| &self.code[..at])
    }

    /// How many lines of the file, tests apart, hold code.
    pub fn lines_of_code(&self) -> usize {
        self.without_tests()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .count()
    }

    /// The patterns of each `match`, with the line on which it begins.
    pub fn matches(&self) -> Vec<(usize, Vec<String>)> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("match ") {
            let begins_a_word =
                !self.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
            if begins_a_word && let Some(patterns) = patterns(&self.code[at..]) {
                found.push((self.code[..at].lines().count().max(1), patterns));
            }
        }
        found
    }
}

/// The patterns of the `match` that a text begins with: what stands at the first level of its braces, before each `=>`.
fn patterns(text: &str) -> Option<Vec<String>> {
    let mut depth = 0_usize;
    let mut body = None;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            '{' if depth == 0 => {
                body = Some(at + 1);
                break;
            }
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1)?,
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    let text = &text[body?..];
    let (mut depth, mut start, mut found, mut in_pattern) = (0_usize, 0, Vec::new(), true);
    for (at, c) in text.char_indices() {
        match c {
            '=' if depth == 0 && in_pattern && text[at..].starts_with("=>") => {
                found.push(text[start..at].trim().to_owned());
                in_pattern = false;
            }
            '(' | '[' | '{' => depth += 1,
            '}' if depth == 0 => return Some(found),
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                // A block ends its arm, with or without a comma.
                if depth == 0 && c == '}' && !in_pattern {
                    (start, in_pattern) = (at + 1, true);
                }
            }
            ',' if depth == 0 => (start, in_pattern) = (at + 1, true),
            _ => {}
        }
    }
    None
}

impl Reader<'_> {
    /// Reads one comment, literal or character. Returns false at the end.
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.next() else {
            return false;
        };
        let next = self.rest.peek().copied();
        match (c, next) {
            ('/', Some('/')) => self.line_comment(),
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.string(),
            ('r', Some('"' | '#')) if !self.inside_a_word() => self.raw_string(),
            ('\'', _) => self.quote(),
            _ => self.keep(c),
        }
        true
    }

    fn keep(&mut self, c: char) {
        self.line += usize::from(c == '\n');
        self.source.code.push(c);
    }

    fn blank(&mut self, c: char) {
        self.keep(if c == '\n' { '\n' } else { ' ' });
    }

    /// Whether the last character belongs to a name: `br"` begins a string, `for"` does not.
    fn inside_a_word(&self) -> bool {
        let mut before = self.source.code.chars().rev();
        let last = before.next();
        let second = before.next();
        let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let is_prefix = matches!(last, Some('b' | 'c')) && !in_word(second);
        in_word(last) && !is_prefix
    }

    fn line_comment(&mut self) {
        self.blank('/');
        while self.rest.peek().is_some_and(|c| *c != '\n') {
            self.rest.next();
        }
    }

    fn block_comment(&mut self) {
        let (mut depth, mut before) = (0_usize, '/');
        while let Some(c) = self.rest.next() {
            self.blank(c);
            match (before, c) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth = depth.saturating_sub(1),
                _ => {
                    before = c;
                    continue;
                }
            }
            if depth == 0 {
                return;
            }
            before = ' ';
        }
    }

    fn string(&mut self) {
        let (line, mut text) = (self.line, String::new());
        self.keep('"');
        while let Some(c) = self.rest.next() {
            if c == '"' {
                break;
            }
            self.blank(c);
            text.push(c);
            if c == '\\'
                && let Some(escaped) = self.rest.next()
            {
                self.blank(escaped);
                text.push(escaped);
            }
        }
        self.keep('"');
        self.source.strings.push(Literal { line, text });
    }

    fn raw_string(&mut self) {
        let mut hashes = 0;
        while self.rest.peek() == Some(&'#') {
            self.rest.next();
            hashes += 1;
        }
        if self.rest.peek() != Some(&'"') {
            // A raw identifier: `r#type`.
            self.keep('r');
            return;
        }
        self.rest.next();
        let (line, mut text) = (self.line, String::new());
        let end = format!("\"{}", "#".repeat(hashes));
        self.keep('"');
        while !text.ends_with(&end) {
            let Some(c) = self.rest.next() else { break };
            self.blank(c);
            text.push(c);
        }
        text.truncate(text.len().saturating_sub(end.len()));
        self.keep('"');
        self.source.strings.push(Literal { line, text });
    }

    /// A character, or a lifetime.
    fn quote(&mut self) {
        self.keep('\'');
        let mut ahead = self.rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('\\'), Some(escaped)) => {
                self.rest.next();
                self.rest.next();
                self.blank(escaped);
                while self.rest.next().is_some_and(|c| c != '\'') {}
                self.keep('\'');
            }
            (Some(c), Some('\'')) => {
                self.rest.next();
                self.rest.next();
                self.blank(c);
                self.keep('\'');
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let source = Source::read(concat!(
            "let a = \"x // y\"; // z\n",
            "let b = r#\"q\"u\"#; /* one /* two */ three */ let c = '\"';\n",
            "fn f<'a>(x: &'a str) -> char { '\\'' }\n",
        ));
        let texts: Vec<_> = source
            .strings
            .iter()
            .map(|found| found.text.as_str())
            .collect();
        assert_eq!(texts, ["x // y", "q\"u"]);
        assert!(source.code.contains("let c ="), "{}", source.code);
        assert!(
            source.code.contains("fn f<'a>(x: &'a str)"),
            "{}",
            source.code
        );
        assert!(!source.code.contains("three"), "{}", source.code);
    }

    #[test]
    fn tests_and_blank_lines_do_not_count() {
        let source = Source::read(
            "//! Head.\n\nfn a() {}\n// Why.\nfn b() {}\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n",
        );
        assert_eq!(source.lines_of_code(), 2);
        let elsewhere = Source::read("fn a() {}\n#[cfg(test)]\nmod tests;\n");
        assert_eq!(elsewhere.lines_of_code(), 3);
    }

    #[test]
    fn patterns_are_those_of_the_first_level() {
        let source = Source::read(
            "fn f() {\n    match x(&{ 1 }) {\n        A::B { c, .. } => match c { Some(_) => 1, _ => 2 },\n        A::D(_) if y => { 3 }\n        _ => 4,\n    }\n}\n",
        );
        let found = source.matches();
        assert_eq!(found[0].0, 2);
        assert_eq!(found[0].1, ["A::B { c, .. }", "A::D(_) if y", "_"]);
        assert_eq!(found[1].1, ["Some(_)", "_"]);
    }
}
