//! Numbers of a configuration, and between which bounds they work: for the tables of the front-ends and of the daemon.

use std::ops::RangeInclusive;

/// A number that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the table.
    pub key: &'static str,
    /// What is configured.
    pub value: u64,
    /// What is counted, in the plural.
    pub unit: &'static str,
    /// What works.
    pub range: RangeInclusive<u64>,
}

impl Setting {
    /// The key of a number that cannot work, and what was expected.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let (least, most) = (self.range.start(), self.range.end());
        let expected = || format!("expected a number of {} from {least} to {most}", self.unit);
        (!self.range.contains(&self.value)).then(|| (self.key, expected()))
    }
}

/// Key, value, unit and range.
impl From<(&'static str, u64, &'static str, RangeInclusive<u64>)> for Setting {
    fn from(
        (key, value, unit, range): (&'static str, u64, &'static str, RangeInclusive<u64>),
    ) -> Self {
        Self {
            key,
            value,
            unit,
            range,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_works_between_its_bounds() {
        let check = |value: u64, expected: Option<&str>| {
            let problem = Setting::from(("ping_seconds", value, "seconds", 10..=60)).problem();
            let expected = expected.map(|text| ("ping_seconds", text.to_owned()));
            assert_eq!(problem, expected, "{value}");
        };
        check(9, Some("expected a number of seconds from 10 to 60"));
        check(10, None);
        check(60, None);
        check(61, Some("expected a number of seconds from 10 to 60"));
    }
}
