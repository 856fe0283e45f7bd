//! Spans of time as people write them: `30m`, `12h`, `7d`, `2w`, `1y2mo3d`, or a number of minutes alone.

/// Most that can be asked for: ten years.
const MOST: u64 = 10 * 365 * DAY;
const DAY: u64 = 24 * 3600;

/// Milliseconds. Nothing if it is no span of time, or too long to mean one.
pub(crate) fn parse(text: &str) -> Option<u64> {
    parse_with(text, 60)
}

/// The same, where a number alone is so many times `unit` seconds.
pub(crate) fn parse_with(text: &str, unit: u64) -> Option<u64> {
    let mut rest = text;
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let (number, behind) = split(rest, |c| c.is_ascii_digit())?;
        let (word, behind) = split(behind, |c| c.is_ascii_alphabetic())?;
        let each = match word.to_ascii_lowercase().as_str() {
            "" if behind.is_empty() && rest.len() == text.len() => unit,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => DAY,
            "w" => 7 * DAY,
            "mo" => 30 * DAY,
            "y" => 365 * DAY,
            _ => return None,
        };
        let number: u64 = number.parse().ok()?;
        seconds = seconds.checked_add(number.checked_mul(each)?)?;
        rest = behind;
    }
    let seconds = Some(seconds).filter(|seconds| (1..=MOST).contains(seconds))?;
    seconds.checked_mul(1000)
}

/// The characters at the front that are of a kind, and what comes behind them.
fn split(text: &str, of_a_kind: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !of_a_kind(c)).unwrap_or(text.len());
    text.split_at_checked(end)
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
        check("1y", Some(365 * 1440));
        check("1mo2d3h4m", Some(32 * 1440 + 184));
        check("60s", Some(1));
        check("0", None);
        check("", None);
        check("h", None);
        check("1h5", None);
        check("1h-5m", None);
        check("11y", None);
        check("-5", None);
        check("99999999999w", None);
        check("99999999999999999999", None);
        assert_eq!(parse_with("90", 1), Some(90_000));
    }
}
