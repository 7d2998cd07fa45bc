//! Opening connections.

use std::path::Path;
use std::time::Duration;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, OpenFlags};

use super::{failed, schema};
use crate::store::StoreError;

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const CACHED_STATEMENTS: usize = 64;
/// Compiled size a regular expression may have, in bytes.
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// Name of the SQL function that tells whether a text matches a regular expression.
pub(super) const MATCHES: &str = "octo_matches";

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
             PRAGMA journal_size_limit = 16777216;",
        )
        .map_err(failed("open"))?;
    configure(&connection)?;
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
        connection.create_scalar_function(
            MATCHES,
            2,
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
            matches,
        )
    };
    configured().map_err(failed("open"))
}

/// `octo_matches(pattern, value)`: false for everything that is not text.
fn matches(context: &Context<'_>) -> rusqlite::Result<bool> {
    let pattern = context.get_or_create_aux(0, |value| {
        let text = value.as_str()?;
        let regex = regex::RegexBuilder::new(text)
            .size_limit(REGEX_SIZE_LIMIT)
            .build()?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(regex)
    })?;
    let value = context.get_raw(1);
    Ok(value.as_str().is_ok_and(|text| pattern.is_match(text)))
}
