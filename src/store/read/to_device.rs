//! Reading the messages that wait for a device.

use polylogue_core::keys::ToDeviceMessage;
use polylogue_core::{DeviceId, Json, Position, UserId};
use rusqlite::params;

use super::Reader;
use crate::error::StoreError;
use crate::write::integer;

impl Reader {
    /// The oldest messages after a position that wait for a device, at most `limit`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn to_device(
        &self,
        device: DeviceId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, ToDeviceMessage)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT position, sender, kind, content FROM to_device
             WHERE device = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![device.0, integer(after.0), limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (kind, content): (String, String) = (row.get(2)?, row.get(3)?);
            let message = ToDeviceMessage {
                sender: UserId(row.get(1)?),
                kind: kind.into(),
                content: Json::parse(&content)
                    .map_err(|_| StoreError::Row("a message to a device"))?,
            };
            found.push((Position(row.get::<_, i64>(0)?.unsigned_abs()), message));
        }
        Ok(found)
    }
}
