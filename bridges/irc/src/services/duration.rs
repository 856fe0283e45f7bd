//! Spans of time as people write them to services: `30m`, `12h`, `7d`, `2w`, or minutes alone.

/// Most that can be asked for: ten years.
const MOST: u64 = 10 * 365 * 24 * 60;

/// Milliseconds. Nothing if it is no span of time, or too long to mean one.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let minutes = match text.get(digits.len()..)? {
        "" | "m" | "M" => 1,
        "h" | "H" => 60,
        "d" | "D" => 24 * 60,
        "w" | "W" => 7 * 24 * 60,
        _ => return None,
    };
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    let minutes = number
        .checked_mul(minutes)
        .filter(|minutes| *minutes <= MOST)?;
    Some(minutes * 60 * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        let check = |text: &str, minutes: Option<u64>| {
            assert_eq!(parse(text), minutes.map(|m| m * 60_000), "{text}");
        };
        check("5", Some(5));
        check("30m", Some(30));
        check("12h", Some(720));
        check("7d", Some(7 * 1440));
        check("2W", Some(14 * 1440));
        check("0", None);
        check("", None);
        check("h", None);
        check("1y", None);
        check("-5", None);
        check("99999999999w", None);
    }
}
