//! Opening connections.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{failed, functions, schema};
use crate::store::StoreError;

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const CACHED_STATEMENTS: usize = 64;

/// Opens the connection that writes, creating the file and its tables when missing.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed("open"))?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA journal_size_limit = 16777216;
             PRAGMA wal_autocheckpoint = 4000;",
        )
        .map_err(failed("open"))?;
    configure(&connection)?;
    // Large changes touch pages all over the indexes; what does not fit is written and read again.
    connection
        .execute_batch("PRAGMA cache_size = -16384;")
        .map_err(failed("open"))?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed("open"))?;
    configure(&connection)?;
    connection
        .execute_batch("PRAGMA query_only = ON;")
        .map_err(failed("open"))?;
    Ok(connection)
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    let configured = || {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        connection.execute_batch(
            "PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -1024;
             PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;",
        )?;
        functions::register(connection)
    };
    configured().map_err(failed("open"))
}
