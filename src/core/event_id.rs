//! Event ids and cursors are computed, not stored: one AES block over (lane, epoch, position, zero check), as 22 characters of base64url.
//! They decode to their row, cannot be guessed, and hide how busy the server is. Nothing here looks anything up.

use std::fmt;

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::ids::{Epoch, Lane, Position, RoomId};
use crate::live::Passing;

/// Length of an event id in characters: 128 bits in base64url without padding.
pub const LENGTH: usize = 22;

/// The name of an event on every protocol: IRC `msgid`, native id, and with a `$` in front the Matrix `event_id`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; LENGTH]);

impl EventId {
    /// Takes 22 characters of base64url; whether they name an event is for [`IdCipher::event`] to say.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            .then_some(Self(bytes))
    }

    /// The 22 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors admit ASCII only, so this never falls back.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in a lane's history something lies. Of another epoch than the present one, it may belong to a timeline that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The lane whose log is meant.
    pub lane: Lane,
    /// The epoch in which the position was given out.
    pub epoch: Epoch,
    /// The position in that log.
    pub position: Position,
}

/// Seals places into event ids and cursors, and opens them again. Each use has a key of its own, derived from the store's secret.
#[derive(Clone)]
pub struct IdCipher {
    events: Aes128,
    cursors: Aes128,
    rooms: Aes128,
    passing: Aes128,
}

impl fmt::Debug for IdCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdCipher(***)")
    }
}

impl IdCipher {
    /// `secret` lies in the store and in every backup.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            events: derive(secret, b"event ids"),
            cursors: derive(secret, b"cursors"),
            rooms: derive(secret, b"rooms"),
            passing: derive(secret, b"passing"),
        }
    }

    /// The id of the event at `place`.
    #[must_use]
    pub fn event_id(&self, place: Place) -> EventId {
        EventId(seal(&self.events, place))
    }

    /// The place that an event id names, or nothing if it was not made with this key.
    #[must_use]
    pub fn event(&self, id: &EventId) -> Option<Place> {
        open(&self.events, &id.0)
    }

    /// The name of something transient: like an event's, but it names none.
    #[must_use]
    pub fn passing_id(&self, lane: Lane, stamp: Passing) -> EventId {
        // Nothing is decoded from it: time and the low bits of the number tell any two apart.
        let number = u32::try_from(stamp.number & 0xffff_ffff).unwrap_or_default();
        let place = Place {
            lane,
            epoch: Epoch(number),
            position: Position(stamp.at.0),
        };
        EventId(seal(&self.passing, place))
    }

    /// An opaque token for "everything up to `place` has been seen".
    #[must_use]
    pub fn cursor(&self, place: Place) -> String {
        seal(&self.cursors, place)
            .iter()
            .map(|b| char::from(*b))
            .collect()
    }

    /// The place that a cursor means, or nothing if it was not made with this key.
    #[must_use]
    pub fn open_cursor(&self, token: &str) -> Option<Place> {
        open(&self.cursors, token.as_bytes().try_into().ok()?)
    }

    /// The opaque name of a room of a lane. Rooms keep theirs over restores, so no epoch is in it.
    #[must_use]
    pub fn room_key(&self, lane: Lane, room: RoomId) -> String {
        let place = Place {
            lane,
            epoch: Epoch(0),
            position: Position(room.0.into()),
        };
        seal(&self.rooms, place)
            .iter()
            .map(|b| char::from(*b))
            .collect()
    }

    /// The room that an opaque name means, or nothing if it was not made with this key.
    #[must_use]
    pub fn open_room_key(&self, key: &str) -> Option<(Lane, RoomId)> {
        let place = open(&self.rooms, key.as_bytes().try_into().ok()?)?;
        Some((place.lane, RoomId(u32::try_from(place.position.0).ok()?)))
    }
}

fn derive(secret: &[u8; 32], purpose: &[u8]) -> Aes128 {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(secret)
        .chain_update(purpose)
        .finalize()
        .into();
    let mut key = [0; 16];
    key.iter_mut().zip(digest).for_each(|(k, d)| *k = d);
    Aes128::new(&key.into())
}

/// Block layout: lane 16 bits, epoch 32, position 48, zero check 32. A position is below 2^48: 8,900 years at 1,000 events per second.
fn seal(cipher: &Aes128, place: Place) -> [u8; LENGTH] {
    let plain = (u128::from(place.lane.0) << 112)
        | (u128::from(place.epoch.0) << 80)
        | ((u128::from(place.position.0) & 0xffff_ffff_ffff) << 32);
    let mut block = plain.to_be_bytes().into();
    cipher.encrypt_block(&mut block);
    let mut text = [b'A'; LENGTH];
    // 16 bytes always fill 22 characters exactly, so this cannot fail.
    let _ = URL_SAFE_NO_PAD.encode_slice(block, &mut text);
    text
}

fn open(cipher: &Aes128, text: &[u8; LENGTH]) -> Option<Place> {
    let mut bytes = [0; 16];
    let length = URL_SAFE_NO_PAD
        .decode_slice_unchecked(text, &mut bytes)
        .ok()?;
    if length != bytes.len() {
        return None;
    }
    let mut block = bytes.into();
    cipher.decrypt_block(&mut block);
    let plain = u128::from_be_bytes(block.into());
    if plain & 0xffff_ffff != 0 {
        return None;
    }
    Some(Place {
        lane: Lane(u16::try_from(plain >> 112).ok()?),
        epoch: Epoch(u32::try_from((plain >> 80) & 0xffff_ffff).ok()?),
        position: Position(u64::try_from((plain >> 32) & 0xffff_ffff_ffff).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_opens_to_its_place_and_only_with_its_key() {
        let cipher = IdCipher::new(&[7; 32]);
        let place = Place {
            lane: Lane(1),
            epoch: Epoch(3),
            position: Position(987_654_321),
        };
        let id = cipher.event_id(place);
        assert_eq!(cipher.event(&id), Some(place));
        assert_eq!(EventId::parse(id.as_str()), Some(id));
        assert_eq!(
            IdCipher::new(&[8; 32]).event(&id),
            None,
            "another server's id"
        );
        assert_eq!(
            cipher.open_cursor(id.as_str()),
            None,
            "an event id is no cursor"
        );
        assert_eq!(cipher.open_cursor(&cipher.cursor(place)), Some(place));
    }

    #[test]
    fn a_room_key_opens_to_its_room_and_to_nothing_else() {
        let cipher = IdCipher::new(&[7; 32]);
        let key = cipher.room_key(Lane(2), RoomId(u32::MAX));
        assert_eq!(key.len(), LENGTH);
        assert_eq!(
            cipher.open_room_key(&key),
            Some((Lane(2), RoomId(u32::MAX)))
        );
        assert_ne!(key, cipher.room_key(Lane(2), RoomId(1)));
        assert_eq!(
            IdCipher::new(&[8; 32]).open_room_key(&key),
            None,
            "another server's room"
        );
        assert_eq!(cipher.open_cursor(&key), None, "a room is no cursor");
        assert_eq!(
            EventId::parse(&key).and_then(|id| cipher.event(&id)),
            None,
            "a room is no event"
        );
    }

    #[test]
    fn what_was_not_sealed_here_does_not_open() {
        let cipher = IdCipher::new(&[7; 32]);
        for text in [
            "",
            "short",
            "AAAAAAAAAAAAAAAAAAAAAA",
            "_____________________w",
            "a+b/aaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(
                EventId::parse(text).and_then(|id| cipher.event(&id)),
                None,
                "{text}"
            );
            assert_eq!(cipher.open_cursor(text), None, "{text}");
        }
    }
}
