//! Pages of lists: cut at the size that was asked for, and before a frame would be too long.

use polylogue_native::{Page, PageToken, limits};
use serde::Serialize;

/// Bytes of a page's entries. What a frame has left is for the envelope around them.
const BYTES: usize = limits::FRAME - 4096;

/// A page that is being filled.
pub(super) struct Filling<T> {
    items: Vec<T>,
    bytes: usize,
    limit: usize,
}

impl<T: Serialize> Filling<T> {
    /// For at most so many entries.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            items: Vec::new(),
            bytes: 0,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
        }
    }

    /// Adds an entry; gives it back if the page is full.
    pub(super) fn add(&mut self, item: T) -> Result<(), T> {
        let bytes = serde_json::to_vec(&item).map_or(0, |text| text.len() + 1);
        if self.items.len() >= self.limit || self.bytes + bytes > BYTES {
            return Err(item);
        }
        self.bytes += bytes;
        self.items.push(item);
        Ok(())
    }

    /// The page, with where the next one begins.
    pub(super) fn page(self, next: Option<PageToken>) -> Page<T> {
        Page {
            items: self.items,
            next,
        }
    }

    /// The entries alone.
    pub(super) fn items(self) -> Vec<T> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_full_by_number_or_by_size() {
        let mut few = Filling::new(2);
        assert_eq!(few.add("a"), Ok(()));
        assert_eq!(few.add("b"), Ok(()));
        assert_eq!(few.add("c"), Err("c"));
        assert_eq!(few.items(), ["a", "b"]);
        let large = "x".repeat(limits::FRAME / 3);
        let mut heavy = Filling::new(1000);
        assert!(heavy.add(large.clone()).is_ok() && heavy.add(large.clone()).is_ok());
        assert!(heavy.add(large).is_err());
    }
}
