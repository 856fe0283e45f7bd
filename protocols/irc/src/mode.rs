//! MODE: reading changes out of letters and parameters, and writing changes as few lines. What a mode means is not decided here.
//!
//! Source: RFC 2812 sections 3.1.5 and 3.2.3; the types of modern.ircdocs.horse, "Mode message" (`CHANMODES`).

use std::collections::VecDeque;

use crate::line::{Middle, Parameters};

/// How a mode letter takes its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeKind {
    /// Type A: an entry of a list; without parameter it asks for the list.
    List,
    /// Type B: always with a parameter, though an unset without one is understood (`-k`).
    Always,
    /// Type C: with a parameter when set.
    WhenSet,
    /// Type D: never with a parameter.
    Flag,
    /// A rank of a member (`PREFIX`): always with a nick.
    Rank,
}

/// The letters that a target knows, by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeTypes {
    /// Type A.
    pub list: &'static str,
    /// Type B.
    pub always: &'static str,
    /// Type C.
    pub when_set: &'static str,
    /// Type D.
    pub flag: &'static str,
    /// Ranks, the highest first.
    pub rank: &'static str,
}

impl ModeTypes {
    /// The type of a letter.
    #[must_use]
    pub fn kind(&self, letter: char) -> Option<ModeKind> {
        [
            (self.list, ModeKind::List),
            (self.always, ModeKind::Always),
            (self.when_set, ModeKind::WhenSet),
            (self.flag, ModeKind::Flag),
            (self.rank, ModeKind::Rank),
        ]
        .into_iter()
        .find_map(|(letters, kind)| letters.contains(letter).then_some(kind))
    }

    /// The value of `CHANMODES` in RPL_ISUPPORT.
    #[must_use]
    pub fn chanmodes(&self) -> String {
        format!(
            "{},{},{},{}",
            self.list, self.always, self.when_set, self.flag
        )
    }
}

/// Set or unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// Set or unset.
    pub sign: Sign,
    /// The mode letter.
    pub letter: char,
    /// The parameter. Absent for flags, for `-l` and the like, and for a bare `-k`.
    pub parameter: Option<Middle<'a>>,
}

/// What a MODE command asks for, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// Make a change.
    Change(Change<'a>),
    /// Show a list. Each list is asked for at most once in a command, however often it is written.
    ShowList(char),
    /// Say what is wrong; the other items are unharmed.
    Refused(ModeError<'a>),
}

/// Why a part of a MODE command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModeError<'a> {
    /// `ERR_UNKNOWNMODE` (472) or, for users, `ERR_UMODEUNKNOWNFLAG` (501).
    #[error("{0:?} is no mode")]
    Unknown(char),
    /// `ERR_INVALIDMODEPARAM` (696) or `ERR_NEEDMOREPARAMS` (461).
    #[error("mode {0:?} needs a parameter")]
    MissingParameter(char),
    /// `ERR_INVALIDMODEPARAM` (696): empty, with a space, or with a colon in front, so that it could not be passed on.
    #[error("mode {letter:?} can't take {parameter:?}")]
    BadParameter {
        /// The mode letter.
        letter: char,
        /// The parameter as received.
        parameter: &'a str,
    },
    /// More changes with parameters than `MODES` allows: `ERR_INVALIDMODEPARAM` (696) or a notice.
    #[error("mode {0:?} is beyond the number of changes in one command")]
    TooMany(char),
    /// A parameter that no letter takes.
    #[error("nothing takes the parameter {0:?}")]
    LeftOver(&'a str),
}

/// Reads the parameters of a MODE command, without its target. Letters take their parameters in the order in which both are written; at
/// most `limit` changes may have one (`MODES`). A refused letter still takes its parameter, so that the others keep theirs.
///
/// `modes = 1*( letters *parameter )`, `letters = *( "+" / "-" / letter )` (RFC 2812 section 3.2.3): when all letters have what they need,
/// a parameter with a sign in front begins the next group.
pub fn parse<'a>(
    types: &ModeTypes,
    parameters: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Vec<Item<'a>> {
    let mut reading = Reading {
        types,
        limit,
        parameters: parameters.into_iter().collect(),
        items: Vec::new(),
        taken: 0,
    };
    let Some(first) = reading.parameters.pop_front() else {
        return Vec::new();
    };
    reading.group(first);
    while let Some(next) = reading.parameters.pop_front() {
        if next.starts_with(['+', '-']) {
            reading.group(next);
        } else {
            reading.refuse(ModeError::LeftOver(next));
        }
    }
    reading.items
}

struct Reading<'a, 't> {
    types: &'t ModeTypes,
    limit: usize,
    parameters: VecDeque<&'a str>,
    items: Vec<Item<'a>>,
    /// Changes with a parameter so far.
    taken: usize,
}

impl<'a> Reading<'a, '_> {
    fn group(&mut self, letters: &'a str) {
        let mut sign = Sign::Plus;
        for letter in letters.chars() {
            match letter {
                '+' => sign = Sign::Plus,
                '-' => sign = Sign::Minus,
                _ => self.letter(sign, letter),
            }
        }
    }

    fn letter(&mut self, sign: Sign, letter: char) {
        let Some(kind) = self.types.kind(letter) else {
            return self.refuse(ModeError::Unknown(letter));
        };
        let takes = match (kind, sign) {
            (ModeKind::List | ModeKind::Always | ModeKind::Rank, _)
            | (ModeKind::WhenSet, Sign::Plus) => true,
            (ModeKind::Flag, _) | (ModeKind::WhenSet, Sign::Minus) => false,
        };
        let parameter = if takes {
            self.parameters.pop_front()
        } else {
            None
        };
        match parameter {
            Some(parameter) => self.with_parameter(sign, letter, parameter),
            None if !takes => self.items.push(Item::Change(Change {
                sign,
                letter,
                parameter: None,
            })),
            None => self.without_parameter(kind, sign, letter),
        }
    }

    fn with_parameter(&mut self, sign: Sign, letter: char, parameter: &'a str) {
        self.taken += 1;
        match Middle::new(parameter) {
            _ if self.taken > self.limit => self.refuse(ModeError::TooMany(letter)),
            Ok(parameter) => self.items.push(Item::Change(Change {
                sign,
                letter,
                parameter: Some(parameter),
            })),
            Err(_) => self.refuse(ModeError::BadParameter { letter, parameter }),
        }
    }

    fn without_parameter(&mut self, kind: ModeKind, sign: Sign, letter: char) {
        match (kind, sign) {
            (ModeKind::List, _) if self.items.contains(&Item::ShowList(letter)) => {}
            (ModeKind::List, _) => self.items.push(Item::ShowList(letter)),
            (ModeKind::Always, Sign::Minus) => self.items.push(Item::Change(Change {
                sign,
                letter,
                parameter: None,
            })),
            (ModeKind::Always | ModeKind::WhenSet | ModeKind::Flag | ModeKind::Rank, _) => {
                self.refuse(ModeError::MissingParameter(letter));
            }
        }
    }

    /// The same complaint is made once: a long word of unknown letters is no reason for a long answer.
    fn refuse(&mut self, error: ModeError<'a>) {
        let item = Item::Refused(error);
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }
}

/// Splits changes into as few lines as the limits allow: `room` bytes for letters and parameters with the spaces in front of them, and at most
/// `limit` parameters. A change that is longer than `room` by itself is a line of its own, which the writer then refuses.
pub fn lines<'c, 'a>(
    changes: &'c [Change<'a>],
    room: usize,
    limit: usize,
) -> Vec<&'c [Change<'a>]> {
    let mut lines = Vec::new();
    let mut rest = changes;
    while !rest.is_empty() {
        let (mut sign, mut used, mut parameters) = (None, " ".len(), 0);
        let fitting = rest
            .iter()
            .take_while(|change| {
                used += change.length() + usize::from(sign != Some(change.sign));
                parameters += usize::from(change.parameter.is_some());
                sign = Some(change.sign);
                used <= room && parameters <= limit
            })
            .count();
        let (line, after) = rest.split_at_checked(fitting.max(1)).unwrap_or((rest, &[]));
        lines.push(line);
        rest = after;
    }
    lines
}

impl Change<'_> {
    /// Bytes of letter and parameter, with the space in front of the latter.
    fn length(&self) -> usize {
        self.letter.len_utf8()
            + self
                .parameter
                .map_or(0, |parameter| 1 + parameter.as_str().len())
    }
}

impl Parameters<'_> {
    /// Adds changes: letters with as few signs as possible, then the parameters in the same order.
    pub fn modes(mut self, changes: &[Change<'_>]) -> Self {
        let mut letters = String::with_capacity(2 * changes.len());
        let mut sign = None;
        for change in changes {
            if sign != Some(change.sign) {
                letters.push(if change.sign == Sign::Plus { '+' } else { '-' });
                sign = Some(change.sign);
            }
            letters.push(change.letter);
        }
        if let Ok(letters) = Middle::new(&letters) {
            self = self.middle(letters);
        }
        self.middles(changes.iter().filter_map(|change| change.parameter))
    }
}

#[cfg(test)]
mod tests;
