//! The only place with SQL: one SQLite file in the data directory, one writing connection, read-only connections for queries. It decides
//! nothing: it writes down what was decided, and reads it back.

mod blob;
mod directory;
mod error;
mod history;
mod load;
mod log_space;
mod migrate;
mod read;
mod related;
mod reserve;
mod runs;
mod search;
mod tail;
mod write;

#[cfg(test)]
mod tests;

pub use directory::{Directory, DirectoryError};
pub use error::StoreError;
pub use history::{Direction, StoredEvent};
pub use load::{Loaded, load};
pub use read::{Reader, UsedKey};
pub use related::{RelationKind, StateKey};
pub use reserve::Reserve;
pub use search::{Found, Indexing, SearchIndex};
pub use tail::Tail;
pub use write::{Batch, KeyRow, Record, Writer};
