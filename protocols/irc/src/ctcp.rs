//! CTCP: what a PRIVMSG or NOTICE says apart from plain text. Answering is not done here.
//!
//! Source: modern.ircdocs.horse/ctcp.

/// The delimiter.
const DELIMITER: char = '\x01';

/// The text of a PRIVMSG or NOTICE, told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// Plain text.
    Text(&'a str),
    /// `/me`: what somebody does.
    Action(&'a str),
    /// Any other query or answer.
    Ctcp {
        /// The command as written, such as `VERSION` or `DCC`; compare without case.
        command: &'a str,
        /// What follows the command, often nothing.
        argument: &'a str,
    },
}

/// Tells a text apart.
///
/// `ctcp = %x01 command [ SPACE argument ] [ %x01 ]`; the closing delimiter is optional, since it may have been cut off.
#[must_use]
pub fn parse(text: &str) -> Content<'_> {
    let Some(body) = text.strip_prefix(DELIMITER) else {
        return Content::Text(text);
    };
    let body = body.strip_suffix(DELIMITER).unwrap_or(body);
    let (command, argument) = body.split_once(' ').unwrap_or((body, ""));
    if command.eq_ignore_ascii_case("ACTION") {
        Content::Action(argument)
    } else {
        Content::Ctcp { command, argument }
    }
}

/// Bytes that [`action`] adds to a text.
pub const ACTION_OVERHEAD: usize = "\x01ACTION \x01".len();

/// The form in which an action is sent.
#[must_use]
pub fn action(text: &str) -> String {
    format!("{DELIMITER}ACTION {text}{DELIMITER}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        let check =
            |text: &str, expected: Content<'_>| assert_eq!(parse(text), expected, "{text:?}");
        check("hello", Content::Text("hello"));
        check("", Content::Text(""));
        check(
            "say \x01ACTION x\x01",
            Content::Text("say \x01ACTION x\x01"),
        );
        check("\x01ACTION waves\x01", Content::Action("waves"));
        check("\x01ACTION waves", Content::Action("waves"));
        check("\x01action  waves \x01", Content::Action(" waves "));
        check("\x01ACTION\x01", Content::Action(""));
        check(
            "\x01VERSION\x01",
            Content::Ctcp {
                command: "VERSION",
                argument: "",
            },
        );
        check(
            "\x01PING 1 2\x01",
            Content::Ctcp {
                command: "PING",
                argument: "1 2",
            },
        );
        check(
            "\x01\x01",
            Content::Ctcp {
                command: "",
                argument: "",
            },
        );
        check(
            "\x01",
            Content::Ctcp {
                command: "",
                argument: "",
            },
        );
        check(
            "\x01ACTIONS x\x01",
            Content::Ctcp {
                command: "ACTIONS",
                argument: "x",
            },
        );
    }

    #[test]
    fn actions_are_read_as_written() {
        assert_eq!(parse(&action("waves")), Content::Action("waves"));
        assert_eq!(action("x").len(), "x".len() + ACTION_OVERHEAD);
    }
}
