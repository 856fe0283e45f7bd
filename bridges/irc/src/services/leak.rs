//! A password that is about to be told to a channel: a line that was meant for a service and lost its first letter, or the slash that made it
//! a command.

/// Whether a text for others looks like a command to a service.
pub(crate) fn leaks(text: &str) -> bool {
    // Every message is looked at: few begin like this.
    if !text.starts_with([' ', '/', 'i', 'I', 'n', 'N']) {
        return false;
    }
    let mut words = text.trim_start_matches([' ', '/']).split(' ');
    let slashed = text.trim_start().starts_with('/');
    let (Some(first), second) = (words.next(), words.next()) else {
        return false;
    };
    let is = |word: &str, known: &str| word.eq_ignore_ascii_case(known);
    let service = |word: &str| is(word, "nickserv") || (slashed && is(word, "ns"));
    let secret = |word: Option<&str>| {
        const VERBS: [&str; 7] = [
            "identify", "id", "register", "passwd", "ghost", "regain", "recover",
        ];
        word.is_some_and(|word| VERBS.iter().any(|verb| is(word, verb)))
    };
    if is(first, "msg") || is(first, "quote") || is(first, "squery") {
        return slashed && second.is_some_and(|word| service(word.trim_end_matches(':')));
    }
    if is(first, "identify") {
        // A word of the language, too: with one word behind it, it is more likely a command.
        return second.is_some() && words.next().is_none();
    }
    service(first) && secret(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_command_to_a_service() {
        let check = |text: &str, expected: bool| assert_eq!(leaks(text), expected, "{text}");
        check("/msg NickServ IDENTIFY hunter2", true);
        check(" /msg nickserv identify hunter2", true);
        check("nickserv identify hunter2", true);
        check("/ns identify hunter2", true);
        check("/nickserv ghost alice hunter2", true);
        check("identify hunter2", true);
        check("identify yourself, stranger", false);
        check("identify", false);
        check("nickserv is down", false);
        check("msg nickserv for help", false);
        check("hello", false);
        check("", false);
    }
}
