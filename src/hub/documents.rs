//! Reading what protocols remember for a user: account data and documents.

use polylogue_core::{Json, Position, Refusal, RoomId, UserId};

use crate::open::Hub;

/// Account data: of which room (none = global), type, content.
pub type AccountData = (Option<RoomId>, String, Json);

impl Hub {
    /// Account data of a user that changed after a position.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn account_data(
        &self,
        user: UserId,
        after: Position,
    ) -> Result<Vec<AccountData>, Refusal> {
        self.readers
            .run(move |reader| reader.account_data(user, after))
            .await
    }

    /// One account data value.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn account_datum(
        &self,
        user: UserId,
        room: Option<RoomId>,
        kind: &str,
    ) -> Result<Option<Json>, Refusal> {
        let kind = kind.to_owned();
        self.readers
            .run(move |reader| reader.account_datum(user, room, &kind))
            .await
    }

    /// The content of a document.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn document(
        &self,
        user: UserId,
        kind: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.readers
            .run(move |reader| reader.document(user, &kind, &key))
            .await
    }
}
