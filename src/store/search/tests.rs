//! What is found, in which order, and what is left on disk of what was taken out.

use super::*;

const EVERYTHING: Order = Order::NewestFirst(Position(u64::MAX));

struct House {
    home: tempfile::TempDir,
    index: SearchIndex,
}

impl House {
    /// Some talk in two rooms.
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut index = SearchIndex::open(&home.path().join("search.db"), [7; 32]).unwrap();
        let said = [
            (1, 1, "The roses are blooming"),
            (1, 2, "Rosé wine, \"naïve\" café"),
            (2, 1, "roses elsewhere"),
            (1, 1, "東京の天気は晴れ"),
            (1, 2, "don't-panic 42"),
        ];
        let changes = index.begin().unwrap();
        for (at, (room, sender, text)) in (1..).zip(said) {
            changes.add(&found(at, at, (room, sender, text))).unwrap();
        }
        changes.commit(Position(5)).unwrap();
        Self { home, index }
    }

    fn find(&self, search: &Search) -> Vec<u64> {
        let mut places = Vec::new();
        self.index
            .find(search, |position, _| {
                places.push(position.0);
                Ok(places.len() < search.limit)
            })
            .unwrap();
        places
    }

    fn changed(&mut self, change: impl FnOnce(&Indexing<'_>)) {
        let changes = self.index.begin().unwrap();
        change(&changes);
        changes.commit(Position(9)).unwrap();
    }

    fn holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.home.path()).unwrap();
        let mut files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let needle = text.as_bytes();
        files.any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    }
}

fn found(position: u64, root: u64, (room, sender, text): (u32, u32, &str)) -> Found {
    Found {
        position: Position(position),
        room: RoomId(room),
        sender: UserId(sender),
        at: Timestamp(position * 1_000),
        root: Position(root),
        text: text.to_owned(),
    }
}

fn search(text: &str) -> Search {
    Search {
        text: text.to_owned(),
        rooms: vec![RoomId(1), RoomId(2)],
        senders: Vec::new(),
        since: None,
        until: None,
        order: EVERYTHING,
        limit: 10,
    }
}

#[test]
fn words_find_what_people_mean_by_them() {
    let house = House::new();
    let check = |text: &str, expected: &[u64]| {
        assert_eq!(house.find(&search(text)), expected, "{text:?}");
    };
    check("roses", &[3, 1]);
    check("ROSES", &[3, 1]);
    check("blooming roses", &[1]);
    // Beginnings of words from three letters on, and letters without their marks.
    check("ros", &[3, 2, 1]);
    check("ro", &[]);
    check("cafe naive", &[2]);
    check("天気", &[4]);
    check("京の", &[4]);
    check("don't", &[5]);
    check("42", &[5]);
    // Nothing of the query language reaches the query.
    check("roses OR wine", &[]);
    check("\"", &[]);
    check("room:1", &[]);
    check("NEAR(", &[]);
    check("text : *", &[]);
    check("", &[5, 4, 3, 2, 1]);
    check("...", &[]);
}

#[test]
fn all_that_is_asked_for_has_to_be_so() {
    let house = House::new();
    let check = |change: &dyn Fn(&mut Search), expected: &[u64]| {
        let mut search = search("");
        change(&mut search);
        assert_eq!(house.find(&search), expected, "{search:?}");
    };
    check(&|search| search.rooms = vec![RoomId(2)], &[3]);
    check(&|search| search.rooms = Vec::new(), &[]);
    check(&|search| search.senders = vec![UserId(2)], &[5, 2]);
    check(
        &|search| search.senders = vec![UserId(2), UserId(1)],
        &[5, 4, 3, 2, 1],
    );
    check(&|search| search.since = Some(Timestamp(4_000)), &[5, 4]);
    check(&|search| search.until = Some(Timestamp(2_000)), &[2, 1]);
    check(&|search| search.limit = 2, &[5, 4]);
    check(
        &|search| search.order = Order::NewestFirst(Position(3)),
        &[2, 1],
    );
    check(
        &|search| search.order = Order::OldestFirst(Position(3)),
        &[4, 5],
    );
}

#[test]
fn an_edit_takes_the_place_of_what_it_edits() {
    let mut house = House::new();
    house.changed(|changes| changes.add(&found(6, 1, (1, 1, "tulips"))).unwrap());
    assert_eq!(house.find(&search("blooming")), [] as [u64; 0]);
    assert_eq!(house.find(&search("tulips")), [6]);
    house.changed(|changes| changes.add(&found(7, 1, (1, 1, "daisies"))).unwrap());
    assert_eq!(house.find(&search("tulips")), [] as [u64; 0]);
    // Without the edit the message is to be looked at again; without the message there is nothing.
    house.changed(|changes| assert_eq!(changes.take(Position(7)).unwrap(), Some(Position(1))));
    house.changed(|changes| changes.add(&found(8, 1, (1, 1, "violets"))).unwrap());
    house.changed(|changes| assert_eq!(changes.take(Position(1)).unwrap(), None));
    assert_eq!(house.find(&search("violets")), [] as [u64; 0]);
}

#[test]
fn nothing_is_left_on_disk_of_what_was_taken_out() {
    let mut house = House::new();
    assert!(house.holds("blooming"));
    house.changed(|changes| assert_eq!(changes.take(Position(1)).unwrap(), None));
    house.index.scrub().unwrap();
    assert!(!house.holds("blooming"));
    assert!(house.holds("elsewhere"));
}

#[test]
fn an_index_of_another_log_or_a_damaged_one_begins_anew() {
    let house = House::new();
    let path = house.home.path().join("search.db");
    assert_eq!(house.index.watermark().unwrap(), Position(5));
    drop(house.index);
    let same = SearchIndex::open(&path, [7; 32]).unwrap();
    assert_eq!(same.watermark().unwrap(), Position(5));
    drop(same);
    let other = SearchIndex::open(&path, [8; 32]).unwrap();
    assert_eq!(other.watermark().unwrap(), Position(0));
    drop(other);
    std::fs::write(
        &path,
        b"this is no database, and is long enough to be taken for one",
    )
    .unwrap();
    let damaged = SearchIndex::open(&path, [8; 32]).unwrap();
    assert_eq!(damaged.watermark().unwrap(), Position(0));
}
