//! The style of a span: its marks, its colours, where it leads and whether it hides.
//!
//! How a style is written is the renderers' business.

use std::sync::Arc;

use crate::link::Link;
use crate::palette::Colour;

/// Everything that distinguishes a span from bare text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Bold, italic and the like.
    pub marks: Marks,
    /// The colour of the letters; `None` is the reader's own.
    pub foreground: Option<Colour>,
    /// The colour behind the letters; `None` is the reader's own.
    pub background: Option<Colour>,
    /// Where a click leads.
    pub link: Option<Link>,
    /// Hidden until asked for: the reason, empty without one.
    pub spoiler: Option<Arc<str>>,
}

/// A way to set off text that is either on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the words of typography")]
pub enum Mark {
    Bold = 1,
    Italic = 1 << 1,
    Underline = 1 << 2,
    Strike = 1 << 3,
    Subscript = 1 << 4,
    Superscript = 1 << 5,
    /// Monospaced, as code is.
    Code = 1 << 6,
}

impl Mark {
    /// Every mark, in the order in which they nest when they cover the same text, outermost first.
    pub const ALL: [Mark; 7] = [
        Mark::Bold,
        Mark::Italic,
        Mark::Underline,
        Mark::Strike,
        Mark::Subscript,
        Mark::Superscript,
        Mark::Code,
    ];
}

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Marks = Marks(0);

    /// Whether `mark` is on.
    #[must_use]
    pub const fn contains(self, mark: Mark) -> bool {
        self.0 & mark as u8 != 0
    }

    /// Whether no mark is on.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This set with `mark` on.
    #[must_use]
    pub const fn with(self, mark: Mark) -> Marks {
        Marks(self.0 | mark as u8)
    }

    /// This set with `mark` off.
    #[must_use]
    pub const fn without(self, mark: Mark) -> Marks {
        Marks(self.0 & !(mark as u8))
    }

    /// This set with `mark` switched.
    #[must_use]
    pub const fn toggled(self, mark: Mark) -> Marks {
        Marks(self.0 ^ mark as u8)
    }

    /// The marks of both sets.
    #[must_use]
    pub const fn union(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// The marks that are on, outermost first.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        Mark::ALL
            .into_iter()
            .filter(move |mark| self.contains(*mark))
    }
}

impl Style {
    /// Whether nothing distinguishes such text from bare text.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Style::default()
    }

    /// Whether letters and background have the same colour, so that the text cannot be seen.
    pub(crate) fn is_invisible(&self) -> bool {
        match (self.foreground, self.background) {
            (Some(foreground), Some(background)) => foreground.rgb() == background.rgb(),
            (None, _) | (_, None) => false,
        }
    }
}
