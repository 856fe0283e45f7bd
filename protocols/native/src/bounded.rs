//! Numbers and lists with an upper bound in their type. What they count is for others.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::limits;

/// At most `MAX` values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MAX: usize>(Vec<T>);

/// More values than a [`List`] may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must not have more than {limit} entries")]
pub struct TooMany {
    /// The limit.
    pub limit: usize,
}

impl<T, const MAX: usize> List<T, MAX> {
    /// Counts and takes values.
    ///
    /// # Errors
    /// There are more than `MAX`.
    pub fn new(values: Vec<T>) -> Result<Self, TooMany> {
        if values.len() > MAX {
            Err(TooMany { limit: MAX })
        } else {
            Ok(Self(values))
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The values, by value.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// How many entries a page may have: 1 to `MAX`. The server may send fewer, and says with `next` that there are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PageSize<const MAX: u64>(u64);

/// A size that a page can't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {limit}")]
pub struct BadPageSize {
    /// The largest size.
    pub limit: u64,
}

impl<const MAX: u64> PageSize<MAX> {
    /// Checks and takes a size.
    ///
    /// # Errors
    /// It is 0 or above `MAX`.
    pub fn new(size: u64) -> Result<Self, BadPageSize> {
        if (1..=MAX).contains(&size) {
            Ok(Self(size))
        } else {
            Err(BadPageSize { limit: MAX })
        }
    }

    /// The size.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl<const MAX: u64> Default for PageSize<MAX> {
    /// 50, or less where less is the most.
    fn default() -> Self {
        Self(MAX.min(50))
    }
}

impl<'de, const MAX: u64> Deserialize<'de> for PageSize<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A client's number for a request, which comes back in the answer: 0 to [`limits::INTEGER`]. A client that uses a number twice at a time
/// gets two answers with that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RequestId(u64);

impl RequestId {
    /// Checks and takes a number; nothing if it is above [`limits::INTEGER`].
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        (number <= limits::INTEGER).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("must be at most 2^53-1"))
    }
}

/// Milliseconds since 1970-01-01 00:00 UTC, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);
