//! The same questions, asked to the same database file with SQL written by hand.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, Row};

use crate::Failure;

/// A page of machines above a rated power, with all columns, and the count of all of them.
const PAGE: [&str; 2] = [
    "SELECT rt_id, ck_type_id, well_known_name, display_name, display_description, version,
            created, changed, attributes
     FROM entity
     WHERE root = 'Workshop/Machine' AND ck_type_id IN ('Workshop/Machine', 'Workshop/Press')
       AND state = 0 AND json_extract(attributes, '$.ratedPower') > 90
     ORDER BY rt_id LIMIT 100",
    "SELECT count(*) FROM entity
     WHERE root = 'Workshop/Machine' AND ck_type_id IN ('Workshop/Machine', 'Workshop/Press')
       AND state = 0 AND json_extract(attributes, '$.ratedPower') > 90",
];

/// Machines counted, and their power summed up, by state.
const GROUPS: [&str; 1] = [
    "SELECT json_extract(attributes, '$.state') AS state, count(*),
            sum(json_extract(attributes, '$.ratedPower'))
     FROM entity
     WHERE root = 'Workshop/Machine' AND ck_type_id IN ('Workshop/Machine', 'Workshop/Press')
       AND state = 0
     GROUP BY 1 ORDER BY 1",
];

/// A connection to the database of a running server.
pub(super) struct ByHand(Connection);

impl ByHand {
    /// Opens the database, set up as the server sets up its own reading connections.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;",
        )?;
        Ok(Self(connection))
    }

    /// Median time of the page with its count.
    pub(super) fn page(&self, length: Duration) -> Result<Duration, Failure> {
        self.median(&PAGE, length)
    }

    /// Median time of the groups.
    pub(super) fn groups(&self, length: Duration) -> Result<Duration, Failure> {
        self.median(&GROUPS, length)
    }

    fn median(&self, statements: &[&str], length: Duration) -> Result<Duration, Failure> {
        let begin = Instant::now();
        let mut times = Vec::new();
        while begin.elapsed() < length || times.len() < 3 {
            let start = Instant::now();
            for sql in statements {
                self.read_all(sql)?;
            }
            times.push(start.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    }

    fn read_all(&self, sql: &str) -> Result<(), Failure> {
        let mut statement = self.0.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            read_row(row, columns)?;
        }
        Ok(())
    }
}

fn read_row(row: &Row<'_>, columns: usize) -> Result<(), Failure> {
    for column in 0..columns {
        std::hint::black_box(row.get_ref(column)?);
    }
    Ok(())
}
