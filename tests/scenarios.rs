//! Plays: actors on different protocols against the real program, one file each in `tests/scenarios/`.
//!
//! ```text
//! # A line typed in IRC appears in Matrix, and back.
//! alice via irc
//! bob via matrix
//! alice joins #garden
//! bob joins #garden
//! alice sends PRIVMSG #garden :hello
//! bob sees m.room.message body="hello" sender=@alice:test
//! bob sends m.room.message body="hi"
//! alice gets :bob!* PRIVMSG #garden :hi
//! ```
//!
//! One step a line; blank lines and lines that begin with `# ` say nothing. Every play has a server of its own, named `test`.
//!
//! | step | |
//! |---|---|
//! | `alice via irc` | an actor comes, with an account of that name, which is made if there is none |
//! | `alice via irc with echo-message batch` | asks for capabilities, on native for features |
//! | `alice/phone via native` | another connection of the same account |
//! | `carol via matrix` | by the client-server API, with a `/sync` that waits |
//! | `dave via irc as guest` | without an account |
//! | `alice joins #garden` | and is in |
//! | `alice disconnects` | without a word |
//! | `alice comes back` | connects and logs in as before; native goes on from the last cursor, Matrix from the last `since` |
//! | `restart the server` | SIGTERM, and start on the same data; everybody comes back who was there |
//! | `the server has operators.toml` | first of all: what is configured in that file of the folder |
//! | `restart the server` | SIGTERM, and start on the same data; everybody comes back |
//! | `kill the server` | SIGKILL, and the same |
//!
//! | on IRC | |
//! |---|---|
//! | `alice sends LINE` | a line as it is; `\x02` stands for that control character, in patterns too |
//! | `alice gets PATTERN` | waits for such a line. Tags are left out unless the pattern begins with `@` |
//! | `alice gets nothing of PATTERN` | no such line came since the last one that alice got, and none is on its way: everybody's doings are done |
//!
//! | on native | |
//! |---|---|
//! | `bob sends {...}` | a request; goes on once it is answered |
//! | `bob sees {...}` | waits for a frame that has at least this; `null` is for what must not be there |
//! | `bob sees nothing of {...}` | as above |
//!
//! | on Matrix | |
//! |---|---|
//! | `carol sends m.room.message body="hi"` | an event: its type and its fields (`tests/support/notation.rs`), to the room that she joined last; with a `state_key` it is state |
//! | `carol sends m.room.message room_id=#pond body="hi"` | to another room: by its alias, or by its id |
//! | `carol sends m.room.redaction redacts=${id}` | so are redactions, `m.typing typing=true`, `m.receipt m.read=${id}`, `m.presence presence=unavailable` |
//! | `carol sends POST /rooms/#garden/kick {...}` | any other request below `/_matrix/client/v3`; `#garden` stands for the room, and `me` for herself |
//! | `carol gets {...}` | the answer to her last request has at least this |
//! | `carol gets M_FORBIDDEN` | it is this refusal |
//! | `carol sees m.room.message body="hello"` | waits for an event that has at least this in `/sync`: in a room (also the state of one that was entered or that invites), presence, account data; `unread_notifications` are one more |
//! | `carol sees nothing of m.room.message` | as above |
//!
//! What an actor waits for comes in the order of the steps; what comes in between is passed over. On native, answers and events are two orders.
//! In patterns `*` is any text and `{name}` a word (up to a space, comma, semicolon or exclamation mark, so `!{room}` is the id of a Matrix room): the first time it is taken down, later it must be the same,
//! and in what is sent it is put in. So `{id}` can show that a `msgid` is the id of an event.
//!
//! A play says nothing of what it is not about: what came and was not waited for does not matter.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "scenarios/play.rs"]
mod play;
#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

/// A test for each play, and one that none is forgotten.
macro_rules! plays {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() -> support::Outcome<()> {
            play::perform(stringify!($name))
        })*

        #[test]
        fn every_play_is_performed() {
            let listed = [$(concat!(stringify!($name), ".play")),*];
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(!name.ends_with(".play") || listed.contains(&name.as_str()), "{name} is not in the list of tests/scenarios.rs");
            }
        }
    };
}

plays! {
    away
    ban
    bots
    bounds
    chanserv
    closed_rooms
    cold_channels
    comings_and_goings
    declined
    direct_everywhere
    direct_messages
    directory
    edit_bundled
    edits
    encrypted_rooms
    event_playback
    everywhere
    formatting
    forwarding
    guest_logs_in
    guest_returns
    grouped_nicks
    guests
    guests_everywhere
    guests_in_private
    guests_in_program_rooms
    hidden_rooms
    history
    identify
    ignore
    invitations
    joined_already
    invite
    kick
    knocking
    labels
    line_both_ways
    listed_everywhere
    logged_in_behind_the_door
    logout
    long_lines
    long_texts
    memos
    mentions
    message_requests
    metadata
    modes
    monitor
    multiline
    mutes
    names
    nickserv
    one_account
    opened
    operators
    no_implicit_names
    outsiders
    passwords_with_spaces
    playback
    powers
    presence
    private_past
    private_rooms
    profiles
    profiles_everywhere
    reacting_twice
    reactions
    read_marks
    read_on_irc
    redaction
    refusals
    register
    relations
    rename
    replies
    restart
    restart_everywhere
    room_name
    server_bans
    services_status
    silence
    search
    status_messages
    taken_nicks
    tags_denied
    strangers_presence
    third_person
    threads
    timed_bans
    topic
    transient
    two_sessions
    typing
    typing_everywhere
    unreacting
}
