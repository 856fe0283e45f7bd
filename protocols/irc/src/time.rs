//! Times as server-time and chathistory write them. Where the time comes from is the caller's matter.
//!
//! Source: IRCv3 server-time; the calendar is the proleptic Gregorian one, whose 400-year cycle has 146,097 days.

use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::{all_consuming, map_res};
use nom::sequence::terminated;
use nom::{IResult, Parser};

const DAY: u64 = 86_400_000;
/// Days from 0000-03-01 to 1970-01-01: years are counted from March, so that the leap day is the last of its year.
const EPOCH: u64 = 719_468;
const CYCLE: u64 = 146_097;
/// 9999-12-31T23:59:59.999Z, the last time that four digits of a year can say.
const LAST: u64 = 253_402_300_799_999;

/// A time in the form `YYYY-MM-DDThh:mm:ss.sssZ`, always 24 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerTime([u8; 24]);

impl ServerTime {
    /// From Unix time in milliseconds; times after the year 9999 are written as its last millisecond.
    #[must_use]
    pub fn from_unix_milliseconds(milliseconds: u64) -> Self {
        let milliseconds = milliseconds.min(LAST);
        let (year, month, day) = civil(milliseconds / DAY);
        let of_day = milliseconds % DAY;
        let [y1, y2, y3, y4] = digits(year);
        let [_, _, m1, m2] = digits(month);
        let [_, _, d1, d2] = digits(day);
        let [_, _, h1, h2] = digits(of_day / 3_600_000);
        let [_, _, n1, n2] = digits(of_day / 60_000 % 60);
        let [_, _, s1, s2] = digits(of_day / 1_000 % 60);
        let [_, f1, f2, f3] = digits(of_day % 1_000);
        Self([
            y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2,
            b'.', f1, f2, f3, b'Z',
        ])
    }

    /// The bytes to write, all ASCII.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 24] {
        &self.0
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Reads exactly `YYYY-MM-DDThh:mm:ss.sssZ` as Unix time in milliseconds. A leap second is the second after it, and what lies before 1970
/// is 0. `None` for any other text and for days that do not exist.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let (_, (year, month, day, hour, minute, second, fraction)) =
        all_consuming(date_time).parse(text).ok()?;
    if !(1..=12).contains(&month)
        || day == 0
        || day > days_in(year, month)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let of_day = ((hour * 60 + minute) * 60 + second) * 1_000 + fraction;
    Some(days(year, month, day).map_or(0, |days| days * DAY + of_day))
}

type Fields = (u64, u64, u64, u64, u64, u64, u64);

/// `date-time = 4DIGIT "-" 2DIGIT "-" 2DIGIT "T" 2DIGIT ":" 2DIGIT ":" 2DIGIT "." 3DIGIT "Z"` (server-time, "Format")
fn date_time(input: &str) -> IResult<&str, Fields> {
    (
        terminated(number(4), char('-')),
        terminated(number(2), char('-')),
        terminated(number(2), char('T')),
        terminated(number(2), char(':')),
        terminated(number(2), char(':')),
        terminated(number(2), char('.')),
        terminated(number(3), char('Z')),
    )
        .parse(input)
}

/// `number = <width>DIGIT`
fn number<'a>(
    width: usize,
) -> impl Parser<&'a str, Output = u64, Error = nom::error::Error<&'a str>> {
    map_res(
        take_while_m_n(width, width, |c: char| c.is_ascii_digit()),
        str::parse::<u64>,
    )
}

fn digits(number: u64) -> [u8; 4] {
    let digit = |power: u64| b'0' + u8::try_from(number / power % 10).unwrap_or_default();
    [digit(1_000), digit(100), digit(10), digit(1)]
}

/// Year, month and day of a day counted from 1970-01-01.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH;
    let of_cycle = days % CYCLE;
    // Leap days are taken out: one each 1,461 days, but not each 36,524, and again in the last of the cycle.
    let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / (CYCLE - 1)) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    // From March on, five months have 153 days.
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let january_or_february = if month <= 2 { 1 } else { 0 };
    (year + days / CYCLE * 400 + january_or_february, month, day)
}

/// The day counted from 1970-01-01; `None` before it.
const fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, shifted) = if month > 2 {
        (year, month - 3)
    } else if year > 0 {
        (year - 1, month + 9)
    } else {
        return None;
    };
    let of_cycle = year % 400;
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    let total = year / 400 * CYCLE + 365 * of_cycle + of_cycle / 4 - of_cycle / 100 + of_year;
    total.checked_sub(EPOCH)
}

const fn days_in(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_written_and_read() {
        let check = |milliseconds: u64, text: &str| {
            assert_eq!(
                ServerTime::from_unix_milliseconds(milliseconds).as_str(),
                text
            );
            assert_eq!(parse(text), Some(milliseconds), "{text}");
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(1_318_949_254_081, "2011-10-18T14:47:34.081Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(1_709_251_199_999, "2024-02-29T23:59:59.999Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(LAST, "9999-12-31T23:59:59.999Z");
        assert_eq!(
            ServerTime::from_unix_milliseconds(u64::MAX).as_str(),
            "9999-12-31T23:59:59.999Z"
        );
    }

    #[test]
    fn odd_times_are_read_or_refused() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(parse(text), expected, "{text}");
        check(
            "2012-06-30T23:59:60.419Z",
            parse("2012-07-01T00:00:00.419Z"),
        );
        check("1969-12-31T23:59:59.999Z", Some(0));
        check("0000-01-01T00:00:00.000Z", Some(0));
        for bad in [
            "",
            "2011-10-18T14:47:34.081",
            "2011-10-18T14:47:34Z",
            "2011-10-18T14:47:34.0810Z",
            "2011-10-18t14:47:34.081z",
            "2011-10-18 14:47:34.081Z",
            "2011-13-18T14:47:34.081Z",
            "2011-00-18T14:47:34.081Z",
            "2011-10-32T14:47:34.081Z",
            "2011-10-00T14:47:34.081Z",
            "2023-02-29T14:47:34.081Z",
            "1900-02-29T14:47:34.081Z",
            "2011-10-18T24:00:00.000Z",
            "2011-10-18T23:60:00.000Z",
            "2011-10-18T23:59:61.000Z",
            "+011-10-18T14:47:34.081Z",
            "２011-10-18T14:47:34.081Z",
            "2011-10-18T14:47:34.081Z ",
        ] {
            check(bad, None);
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(milliseconds in 0..=LAST) {
            let written = ServerTime::from_unix_milliseconds(milliseconds);
            prop_assert_eq!(parse(written.as_str()), Some(milliseconds));
        }

        #[test]
        fn text_order_is_time_order(a in 0..=LAST, b in 0..=LAST) {
            let text = |at| ServerTime::from_unix_milliseconds(at);
            prop_assert_eq!(a.cmp(&b), text(a).as_str().cmp(text(b).as_str()));
        }
    }
}
