//! Rows of the event index: each holds a run of a room's places, whose sequences follow each other without a gap and whose positions rise. One
//! row for many events keeps the index off the commit's bill.

use polylogue_core::{Position, RoomSequence};

use crate::error::StoreError;

/// Places in one row at most.
pub(crate) const LENGTH: usize = 256;

/// A place of a room's event.
pub(crate) type Place = (RoomSequence, Position);

/// Writes a run's positions down as distances from each other (LEB128); the first place is in columns of its own.
pub(crate) fn encode(run: &[Place]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(run.len() * 2);
    for pair in run.windows(2) {
        if let [(_, before), (_, after)] = pair {
            write_number(after.0.saturating_sub(before.0), &mut blob);
        }
    }
    blob
}

/// Reads a run back.
///
/// # Errors
/// [`StoreError::Row`] if the blob ends within a number or does not rise.
pub(crate) fn decode(first: Place, blob: &[u8]) -> Result<Vec<Place>, StoreError> {
    let (mut sequence, mut position) = first;
    let mut places = vec![first];
    let mut rest = blob;
    while !rest.is_empty() {
        let (distance, after) = read_number(rest).ok_or(StoreError::Row("event index"))?;
        rest = after;
        sequence = sequence.next();
        position = Position(
            position
                .0
                .checked_add(distance)
                .filter(|_| distance > 0)
                .ok_or(StoreError::Row("event index"))?,
        );
        places.push((sequence, position));
    }
    Ok(places)
}

fn write_number(mut number: u64, blob: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            return blob.push(low);
        }
        blob.push(low | 0x80);
    }
}

fn read_number(blob: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (index, byte) in blob.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, blob.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_comes_back_as_it_was() {
        for positions in [
            vec![7],
            vec![1, 2, 3],
            vec![5, 132, 133, 16_518, 3_000_000_000_000],
        ] {
            let run: Vec<Place> = positions
                .iter()
                .zip(11..)
                .map(|(position, sequence)| (RoomSequence(sequence), Position(*position)))
                .collect();
            assert_eq!(decode(run[0], &encode(&run)).unwrap(), run);
        }
    }

    #[test]
    fn damage_is_told() {
        let first = (RoomSequence(1), Position(1));
        assert!(decode(first, &[0x80]).is_err(), "ends within a number");
        assert!(decode(first, &[0]).is_err(), "does not rise");
        assert!(decode(first, &[0xff; 12]).is_err(), "no number of ours");
    }
}
