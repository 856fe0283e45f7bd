//! Compact blobs for what is not queried: a version byte, then postcard. A version that is not known is a damaged row, never a guess.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// The version written today.
const VERSION: u8 = 1;

/// Writes a value down.
pub(crate) fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let mut blob = Vec::with_capacity(128);
    write_into(value, &mut blob)?;
    Ok(blob)
}

/// Writes a value down behind what is in `blob` already; returns where it began.
pub(crate) fn write_into<T: Serialize>(value: &T, blob: &mut Vec<u8>) -> Result<usize, StoreError> {
    let from = blob.len();
    blob.push(VERSION);
    let taken = std::mem::take(blob);
    *blob =
        postcard::to_extend(value, taken).map_err(|_| StoreError::Row("value can't be written"))?;
    Ok(from)
}

/// Reads a value back.
pub(crate) fn read<T: DeserializeOwned>(blob: &[u8]) -> Result<T, StoreError> {
    match blob.split_first() {
        Some((&VERSION, rest)) => {
            postcard::from_bytes(rest).map_err(|_| StoreError::Row("value can't be read"))
        }
        Some(_) | None => Err(StoreError::Row("unknown version")),
    }
}
