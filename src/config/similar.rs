//! "Did you mean": the nearest of the known words to one that is not known. It knows nothing of configuration.

/// The known word that `word` was most likely meant to be: at most a third of its letters differ.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let allowed = word.chars().count().div_ceil(3);
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The least number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment distance).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    // The rows of the matrix for the last two letters of `left`, and for none.
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut previous_letter = None;
    for (i, letter) in left.chars().enumerate() {
        let mut next = vec![i + 1];
        let mut before = None;
        for (j, other) in right.iter().copied().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&row, j) + usize::from(letter != other);
            let mut least = replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if previous_letter == Some(other) && before == Some(letter) {
                least = least.min(at(&above, j - 1) + 1);
            }
            next.push(least);
            before = Some(other);
        }
        previous_letter = Some(letter);
        above = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("nick_lenght", "nick_length", 1),
            ("ncik", "nick", 1),
            ("adress", "address", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} to {right}");
        }
    }

    #[test]
    fn the_nearest_word_is_proposed_and_a_strange_one_is_not() {
        let known = ["nick_length", "kick_length", "channels"];
        for (word, expected) in [
            ("nick_lenght", Some("nick_length")),
            ("kik_length", Some("kick_length")),
            ("chanels", Some("channels")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }
}
