//! Tables of measurements, and targets with what was measured. It decides nothing but whether a number keeps within its bound.

use super::say;

/// The middle of some numbers; not a number if there are none.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let at = |index: usize| numbers.get(index).copied().unwrap_or(f64::NAN);
    if numbers.len().is_multiple_of(2) && middle > 0 {
        f64::midpoint(at(middle - 1), at(middle))
    } else {
        at(middle)
    }
}

/// The 99th percentile, by nearest rank.
pub fn p99(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let rank = (numbers.len() * 99).div_ceil(100);
    numbers
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// Three digits that matter.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 10_000.0 => {
            let digits = format!("{value:.0}");
            let mut text = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Columns of text; the first is a name, the others are set to the right.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these column heads.
    pub fn new(heads: &[&str]) -> Self {
        Self {
            rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Prints it under a title.
    pub fn print(&self, title: &str) {
        say(&format!("\n{title}"));
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line.push_str(&if column == 0 {
                    format!("  {cell:<width$}")
                } else {
                    format!("  {cell:>width$}")
                });
            }
            say(line.trim_end());
        }
    }
}

/// What a number must keep to.
#[derive(Clone, Copy)]
pub enum Bound {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
}

/// Every target with what was measured.
#[derive(Default)]
pub struct Targets(Vec<(String, f64, Bound)>);

impl Targets {
    /// Adds a target; a measurement that was not made (not a number) misses it.
    pub fn check(&mut self, what: impl Into<String>, measured: f64, bound: Bound) {
        self.0.push((what.into(), measured, bound));
    }

    /// Prints them all.
    pub fn print(&self) {
        let mut table = Table::new(&["target", "measured", "bound", ""]);
        for (what, measured, bound) in &self.0 {
            let (sign, limit, met) = match *bound {
                Bound::AtLeast(limit) => (">=", limit, *measured >= limit),
                Bound::AtMost(limit) => ("<=", limit, *measured <= limit),
            };
            let verdict = if met {
                "met".to_owned()
            } else {
                format!(
                    "MISSED by {:.0} %",
                    100.0 * (measured - limit).abs() / limit
                )
            };
            table.row(vec![
                what.clone(),
                number(*measured),
                format!("{sign} {}", number(limit)),
                verdict,
            ]);
        }
        table.print("Targets");
    }
}
