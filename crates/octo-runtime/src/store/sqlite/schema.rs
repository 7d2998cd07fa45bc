//! Tables, and how older layouts become the current one.
//!
//! The layout version is SQLite's `user_version`. Each migration runs in one transaction with the
//! version it leads to, so a crash leaves either the old layout or the new one.

use rusqlite::{Connection, TransactionBehavior};

use super::failed;
use crate::store::StoreError;

/// Step `n` leads from layout `n` to layout `n + 1`.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE entity (
        seq INTEGER PRIMARY KEY,
        rt_id BLOB NOT NULL UNIQUE CHECK (length(rt_id) = 12),
        ck_type_id TEXT NOT NULL,
        root TEXT NOT NULL,
        well_known_name TEXT,
        display_name TEXT,
        display_description TEXT,
        version INTEGER NOT NULL,
        state INTEGER NOT NULL,
        created INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        archived INTEGER,
        attributes TEXT NOT NULL
    ) STRICT;
    CREATE INDEX entity_type ON entity (ck_type_id, state, rt_id);
    CREATE INDEX entity_name ON entity (well_known_name, ck_type_id, state, rt_id)
        WHERE well_known_name IS NOT NULL;

    CREATE TABLE association (
        seq INTEGER PRIMARY KEY,
        association_id BLOB NOT NULL UNIQUE CHECK (length(association_id) = 12),
        role TEXT NOT NULL,
        origin_id BLOB NOT NULL REFERENCES entity (rt_id),
        origin_type TEXT NOT NULL,
        target_id BLOB NOT NULL REFERENCES entity (rt_id),
        target_type TEXT NOT NULL,
        UNIQUE (origin_id, role, target_id)
    ) STRICT;
    CREATE INDEX association_target ON association (target_id, role, origin_id);

    CREATE TABLE model (
        name TEXT NOT NULL PRIMARY KEY,
        state INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
",
    "
    ALTER TABLE association ADD COLUMN attributes TEXT;
    ALTER TABLE association ADD COLUMN target_attributes TEXT;
",
    "
    CREATE TABLE binary (
        seq INTEGER PRIMARY KEY,
        binary_id BLOB NOT NULL UNIQUE CHECK (length(binary_id) = 12),
        owner_id BLOB REFERENCES entity (rt_id) ON DELETE CASCADE,
        content_type TEXT NOT NULL,
        filename TEXT NOT NULL,
        size INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX binary_owner ON binary (owner_id) WHERE owner_id IS NOT NULL;

    CREATE TABLE binary_chunk (
        seq INTEGER PRIMARY KEY,
        binary_id BLOB NOT NULL REFERENCES binary (binary_id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        content BLOB NOT NULL,
        UNIQUE (binary_id, number)
    ) STRICT;
",
    // What SQLite takes into account when it picks an index, written by hand: a type has many
    // entities, so that an index of a value is the better one. Without it a list of values is
    // looked up by reading all entities of the type. `ANALYZE` creates the table.
    "
    ANALYZE entity;
    DELETE FROM sqlite_stat1 WHERE tbl = 'entity';
    INSERT INTO sqlite_stat1 (tbl, idx, stat)
        VALUES ('entity', 'entity_type', '1000000 20000 20000 1');
    ANALYZE sqlite_schema;
",
];

/// Brings the tables to the current layout.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("open"))?;
    let found: i64 = transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed("open"))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step).map_err(failed("migrate"))?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .map_err(failed("migrate"))?;
    transaction.commit().map_err(failed("migrate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_layouts_keep_their_data() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO entity (rt_id, ck_type_id, root, version, state, created, changed, attributes)
                 VALUES (zeroblob(12), 'X/T', 'X/T', 0, 0, 0, 0, '{}');
                 INSERT INTO association (association_id, role, origin_id, origin_type, target_id, target_type)
                 VALUES (zeroblob(12), 'X/R', zeroblob(12), 'X/T', zeroblob(12), 'X/T');",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let kept: (String, Option<String>) = connection
            .query_row("SELECT role, attributes FROM association", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(kept, ("X/R".to_owned(), None));
        migrate(&mut connection).unwrap();
    }
}
