"""The tables, version by version; `migrations` runs what is missing. A version never changes after its release."""

from __future__ import annotations

from typing import Final

# Ids are AUTOINCREMENT so that a purged message's number never names another one in an open window.
# A parent has a lower id than its child (no cycles) and belongs to the same conversation (the two-column key).
# Deleting does not cascade from parent to child: SQLite stops at 1000 levels, and a long chat has more.
# An answer being written is not in the search index: a stream rewrites its row many times, the index once.
VERSION_1: Final[tuple[str, ...]] = (
    """
    CREATE TABLE conversation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL DEFAULT '',
        created REAL NOT NULL,
        updated REAL NOT NULL,
        leaf_id INTEGER REFERENCES message (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
        draft TEXT NOT NULL DEFAULT '',
        settings TEXT NOT NULL DEFAULT '{}',
        model TEXT NOT NULL DEFAULT '',
        deleted_at REAL
    )
    """,
    """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
        parent_id INTEGER CHECK (parent_id < id),
        role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
        text TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('writing', 'done', 'stopped', 'failed')),
        model TEXT NOT NULL DEFAULT '',
        created REAL NOT NULL,
        timings TEXT,
        problem TEXT,
        writer TEXT NOT NULL DEFAULT '',
        UNIQUE (conversation_id, id),
        FOREIGN KEY (conversation_id, parent_id) REFERENCES message (conversation_id, id)
            DEFERRABLE INITIALLY DEFERRED
    )
    """,
    "CREATE INDEX message_by_parent ON message (conversation_id, parent_id)",
    "CREATE INDEX message_being_written ON message (id) WHERE state = 'writing'",
    "CREATE INDEX conversation_by_time ON conversation (updated) WHERE deleted_at IS NULL",
    "CREATE INDEX conversation_by_leaf ON conversation (leaf_id)",
    "CREATE VIEW searchable AS SELECT id, text FROM message WHERE state <> 'writing'",
    """
    CREATE VIRTUAL TABLE message_index USING fts5 (
        text, content = 'searchable', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )
    """,
    """
    CREATE TRIGGER message_added AFTER INSERT ON message WHEN new.state <> 'writing' BEGIN
        INSERT INTO message_index (rowid, text) VALUES (new.id, new.text);
    END
    """,
    """
    CREATE TRIGGER message_removed AFTER DELETE ON message WHEN old.state <> 'writing' BEGIN
        INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', old.id, old.text);
    END
    """,
    """
    CREATE TRIGGER message_left AFTER UPDATE OF text, state ON message
    WHEN old.state <> 'writing' AND new.state = 'writing' BEGIN
        INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', old.id, old.text);
    END
    """,
    """
    CREATE TRIGGER message_entered AFTER UPDATE OF text, state ON message
    WHEN old.state = 'writing' AND new.state <> 'writing' BEGIN
        INSERT INTO message_index (rowid, text) VALUES (new.id, new.text);
    END
    """,
    # One trigger for both steps: the order of two triggers on the same change is not defined.
    """
    CREATE TRIGGER message_changed AFTER UPDATE OF text ON message
    WHEN old.state <> 'writing' AND new.state <> 'writing' AND new.text <> old.text BEGIN
        INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO message_index (rowid, text) VALUES (new.id, new.text);
    END
    """,
)

# Folders, pins, who gave a title, and the text of attached files. An attachment without a message is a draft's: it
# waits in the composer of its conversation, or of the new one (no conversation) that is not stored yet.
VERSION_2: Final[tuple[str, ...]] = (
    "CREATE TABLE folder (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created REAL NOT NULL)",
    "ALTER TABLE conversation ADD COLUMN folder_id INTEGER REFERENCES folder (id) ON DELETE SET NULL",
    "ALTER TABLE conversation ADD COLUMN pinned_at REAL",
    "ALTER TABLE conversation ADD COLUMN named INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX conversation_by_folder ON conversation (folder_id)",
    """
    CREATE TABLE attachment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER REFERENCES conversation (id) ON DELETE CASCADE,
        message_id INTEGER REFERENCES message (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        pages INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL
    )
    """,
    "CREATE INDEX attachment_by_message ON attachment (message_id)",
    "CREATE INDEX attachment_by_conversation ON attachment (conversation_id, message_id)",
)

# Files in which passages are looked for instead of being read whole, what was found for a question, and the folders in
# which a conversation looks; those without a conversation are the new one's that is not stored yet.
VERSION_3: Final[tuple[str, ...]] = (
    "ALTER TABLE attachment ADD COLUMN searched INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE message ADD COLUMN passages TEXT",
    """
    CREATE TABLE searched_folder (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER REFERENCES conversation (id) ON DELETE CASCADE,
        path TEXT NOT NULL
    )
    """,
    "CREATE INDEX searched_folder_by_conversation ON searched_folder (conversation_id)",
)

# Calls of tools within an answer, and which tools a conversation has switched on and allowed.
VERSION_4: Final[tuple[str, ...]] = (
    "ALTER TABLE message ADD COLUMN tool_steps TEXT",
    "ALTER TABLE conversation ADD COLUMN tools TEXT",
    "ALTER TABLE conversation ADD COLUMN allowed_tools TEXT",
)
