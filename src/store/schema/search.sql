-- The words of messages, in a file of its own. All of it is derived from `event`: the file may be thrown away at any time.
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

-- One row for each event that is found by its words. Of a message that was edited only the last version is here; `root` is the message.
CREATE TABLE message (
    position INTEGER PRIMARY KEY,
    room     INTEGER NOT NULL,
    sender   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    root     INTEGER NOT NULL,
    text     TEXT NOT NULL
) STRICT;
CREATE INDEX message_by_root ON message (root);

-- Room and sender are words like any other, so that a search within a room reads no other's.
CREATE VIRTUAL TABLE word USING fts5 (
    text, room, sender, content = 'message', content_rowid = 'position', tokenize = 'unicode61 remove_diacritics 2'
);
-- What is taken out is taken out of the pages, and not marked as gone.
INSERT INTO word (word, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
    INSERT INTO word (rowid, text, room, sender) VALUES (new.position, new.text, new.room, new.sender);
END;
CREATE TRIGGER message_taken AFTER DELETE ON message BEGIN
    INSERT INTO word (word, rowid, text, room, sender) VALUES ('delete', old.position, old.text, old.room, old.sender);
END;
