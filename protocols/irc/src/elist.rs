//! Conditions of `LIST`: modern.ircdocs.horse, "ELIST parameter".
//!
//! `condition = ( "<" / ">" ) users / ( "C" / "T" ) ( "<" / ">" ) minutes / [ "!" ] mask`

/// The letters for `ELIST`: creation time, mask, not-mask, topic time, users.
pub const LETTERS: &str = "CMNTU";

/// One condition; all that are given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<'a> {
    /// The number of members.
    Users(Bound),
    /// The minutes since the channel was made.
    Created(Bound),
    /// The minutes since the topic was set; without one it never holds.
    Topic(Bound),
    /// The name matches a mask, or is the name.
    Named(&'a str),
    /// The name does not match a mask.
    NotNamed(&'a str),
}

/// A number that is not reached, or exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Less than this.
    Below(u64),
    /// More than this.
    Above(u64),
}

impl Bound {
    /// Whether a number is within.
    #[must_use]
    pub fn holds(self, number: u64) -> bool {
        match self {
            Self::Below(bound) => number < bound,
            Self::Above(bound) => number > bound,
        }
    }

    /// Whether a time in milliseconds is within, if the bound is one of minutes.
    #[must_use]
    pub fn holds_minutes(self, milliseconds: u64) -> bool {
        let bound = |minutes: u64| minutes.saturating_mul(60_000);
        match self {
            Self::Below(minutes) => milliseconds < bound(minutes),
            Self::Above(minutes) => milliseconds > bound(minutes),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        match text.split_at_checked(1)? {
            ("<", rest) => number(rest).map(Self::Below),
            (">", rest) => number(rest).map(Self::Above),
            (_, _) => None,
        }
    }
}

impl<'a> Condition<'a> {
    /// The conditions of a `LIST` parameter.
    pub fn all(list: &'a str) -> impl Iterator<Item = Self> {
        list.split(',')
            .filter(|text| !text.is_empty())
            .map(Self::one)
    }

    fn one(text: &'a str) -> Self {
        let timed = match text.split_at_checked(1) {
            Some(("C" | "c", rest)) => Bound::parse(rest).map(Self::Created),
            Some(("T" | "t", rest)) => Bound::parse(rest).map(Self::Topic),
            Some((_, _)) => Bound::parse(text).map(Self::Users),
            None => None,
        };
        timed.unwrap_or_else(|| {
            text.strip_prefix('!')
                .map_or(Self::Named(text), Self::NotNamed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let check = |list: &str, expected: &[Condition<'_>]| {
            assert_eq!(Condition::all(list).collect::<Vec<_>>(), expected, "{list}")
        };
        check("", &[]);
        check(">3", &[Condition::Users(Bound::Above(3))]);
        check("<0,", &[Condition::Users(Bound::Below(0))]);
        check("C>2", &[Condition::Created(Bound::Above(2))]);
        check("t<60", &[Condition::Topic(Bound::Below(60))]);
        check(
            "*a*,!*b*",
            &[Condition::Named("*a*"), Condition::NotNamed("*b*")],
        );
        check("#C>2", &[Condition::Named("#C>2")]);
        check("C>x", &[Condition::Named("C>x")]);
    }

    #[test]
    fn bounds_are_not_within() {
        let check = |bound: Bound, holds: [bool; 3]| {
            assert_eq!([1, 2, 3].map(|number| bound.holds(number)), holds)
        };
        check(Bound::Below(2), [true, false, false]);
        check(Bound::Above(2), [false, false, true]);
    }
}
