-- Server-wide facts: name, secret, epoch, head, index watermark.
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

-- From which position each epoch is in force.
CREATE TABLE epoch (epoch INTEGER PRIMARY KEY, first INTEGER NOT NULL) STRICT;

-- The timelines of all rooms. Only ever appended to, in order of position, so that a commit touches the last page alone.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    room     INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    sender   INTEGER NOT NULL,
    blob     BLOB NOT NULL
) STRICT;

-- Where each room's events are: runs of places, the first in columns, the distances to the following positions in a blob. Derived from `event`,
-- and behind it by what the watermark says: touching a page per room in every commit would cost several times the commit itself.
CREATE TABLE event_index (
    room      INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    distances BLOB NOT NULL,
    PRIMARY KEY (room, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
    room     INTEGER PRIMARY KEY,
    creation BLOB NOT NULL,
    power    BLOB,
    names    BLOB,
    join_key TEXT,
    listed   INTEGER NOT NULL DEFAULT 0,
    -- Whether it was a conversation of two and is a room of many now.
    opened   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE member (
    room       INTEGER NOT NULL,
    user       INTEGER NOT NULL,
    membership INTEGER NOT NULL,
    prefixes   BLOB NOT NULL,
    since      INTEGER NOT NULL,
    by         INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_of_user ON member (user, room);

-- When who was joined (0), invited (1), or asked into a conversation of two (2): what the visibility gate asks.
CREATE TABLE span (
    room   INTEGER NOT NULL,
    user   INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER,
    kind   INTEGER NOT NULL,
    PRIMARY KEY (room, user, first)
) STRICT, WITHOUT ROWID;

-- State events in force, memberships apart. Creation and power levels are here for their places; what they say is in `room`.
CREATE TABLE state (
    room     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    position INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    sender   INTEGER NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (room, kind, key)
) STRICT, WITHOUT ROWID;

-- Where every piece of state was ever set. Memberships have the user's number as their key.
CREATE TABLE state_history (
    room     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (room, kind, key, sequence)
) STRICT, WITHOUT ROWID;

-- What refers to an event of the same room: as an edit (1), a reaction (2), a part of its thread (3), or by redacting it (4).
CREATE TABLE relation (
    room     INTEGER NOT NULL,
    target   INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    sender   INTEGER NOT NULL,
    PRIMARY KEY (room, target, kind, sequence)
) STRICT, WITHOUT ROWID;

-- From which event each history visibility was in force.
CREATE TABLE visibility (
    room       INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    visibility BLOB NOT NULL,
    PRIMARY KEY (room, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE mask (
    room  INTEGER NOT NULL,
    list  BLOB NOT NULL,
    mask  TEXT NOT NULL,
    by    INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (room, list, mask)
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
    user            INTEGER PRIMARY KEY,
    name            BLOB NOT NULL,
    kind            BLOB NOT NULL,
    created         INTEGER NOT NULL,
    password        TEXT,
    disabled        INTEGER NOT NULL DEFAULT 0,
    display_name    TEXT,
    avatar          TEXT,
    keys_changed    INTEGER NOT NULL DEFAULT 0,
    -- Which change set the password.
    password_changed INTEGER NOT NULL DEFAULT 0,
    -- When the profile changed last: whoever was away learns of it.
    profile_changed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE device (device INTEGER PRIMARY KEY, user INTEGER NOT NULL, blob BLOB NOT NULL) STRICT;

-- What identifies a device to others, with its owner's signatures.
CREATE TABLE device_key (device INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;

-- Keys to be handed out once, in order of position and place. One that was keeps its row for a while, without the key, so that a repeated
-- upload does not bring it back.
CREATE TABLE one_time_key (
    device    INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    id        TEXT NOT NULL,
    position  INTEGER NOT NULL,
    place     INTEGER NOT NULL,
    key       TEXT,
    claimed   INTEGER,
    PRIMARY KEY (device, algorithm, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE fallback_key (
    device    INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    id        TEXT NOT NULL,
    key       TEXT NOT NULL,
    used      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, algorithm)
) STRICT, WITHOUT ROWID;

-- Cross-signing keys: master (1), self-signing (2), user-signing (3).
CREATE TABLE signing_key (
    user INTEGER NOT NULL,
    role INTEGER NOT NULL,
    key  BLOB NOT NULL,
    PRIMARY KEY (user, role)
) STRICT, WITHOUT ROWID;

-- Others' master keys that a user has signed.
CREATE TABLE vouched (
    user     INTEGER NOT NULL,
    other    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key      BLOB NOT NULL,
    PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;

-- Messages that wait for a device.
CREATE TABLE to_device (
    device   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    sender   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (device, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE name (key TEXT PRIMARY KEY, claim BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE timer (timer INTEGER PRIMARY KEY, due INTEGER NOT NULL, command BLOB NOT NULL) STRICT;

CREATE TABLE read_mark (
    user   INTEGER NOT NULL,
    room   INTEGER NOT NULL,
    read   INTEGER NOT NULL,
    marker INTEGER NOT NULL,
    time   INTEGER NOT NULL,
    PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;

-- Who asked a user into a conversation that he has not answered, and what he made of it.
CREATE TABLE request (
    user     INTEGER NOT NULL,
    by       INTEGER NOT NULL,
    asked    INTEGER,
    declined INTEGER,
    refusals INTEGER NOT NULL,
    said     INTEGER NOT NULL,
    PRIMARY KEY (user, by)
) STRICT, WITHOUT ROWID;

-- Who may not use the server.
CREATE TABLE server_ban (
    target BLOB PRIMARY KEY,
    ban    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Room 0 = global.
CREATE TABLE account_data (
    user     INTEGER NOT NULL,
    room     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    position INTEGER NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (user, room, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    user     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    rank     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    blob     BLOB NOT NULL,
    PRIMARY KEY (user, kind, key)
) STRICT, WITHOUT ROWID;

-- Exactly-once keys: (device, SHA-256 of operation, target and key) -> result.
CREATE TABLE once (
    device INTEGER NOT NULL,
    key    BLOB NOT NULL,
    at     INTEGER NOT NULL,
    result BLOB NOT NULL,
    PRIMARY KEY (device, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_age ON once (at);

-- Further nicks that lead to an account. Their claims are in `name`, like its own.
CREATE TABLE user_nick (
    user INTEGER NOT NULL,
    nick TEXT NOT NULL,
    PRIMARY KEY (user, nick)
) STRICT, WITHOUT ROWID;
