//! Files in rows of bounded size, so that neither writing nor reading one needs it in memory.

use std::io::Read;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failed;
use crate::rt_id::RtId;
use crate::store::{StoreError, StoredBinary};

/// Bytes in one row.
const CHUNK: usize = 256 * 1024;

/// What is recorded about a file.
pub(super) fn find(connection: &Connection, id: RtId) -> Result<Option<StoredBinary>, StoreError> {
    let read = || {
        connection
            .prepare_cached(
                "SELECT binary_id, owner_id, content_type, filename, size
                 FROM binary WHERE binary_id = ?1",
            )?
            .query_row([id.as_bytes()], stored)
            .optional()
    };
    read().map_err(failed("read binary"))
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredBinary> {
    Ok(StoredBinary {
        id: RtId::from_bytes(row.get(0)?),
        owner: row.get::<_, Option<[u8; 12]>>(1)?.map(RtId::from_bytes),
        content_type: row.get(2)?,
        filename: row.get(3)?,
        size: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
    })
}

/// The rest, from `offset` on, of the row that holds that byte; `None` behind the last one.
pub(super) fn part(
    connection: &Connection,
    id: RtId,
    offset: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let chunk = CHUNK as u64;
    let (number, skipped) = (offset / chunk, offset % chunk);
    let read = || {
        connection
            .prepare_cached(
                "SELECT substr(content, ?3) FROM binary_chunk WHERE binary_id = ?1 AND number = ?2",
            )?
            // Positions of substr begin at 1.
            .query_row(
                params![id.as_bytes(), signed(number), signed(skipped + 1)],
                |row| row.get::<_, Vec<u8>>(0),
            )
            .optional()
    };
    let part = read().map_err(failed("read binary"))?;
    Ok(part.filter(|part| !part.is_empty()))
}

/// Stores a file.
pub(super) fn put(
    connection: &Connection,
    binary: &StoredBinary,
    content: &mut dyn Read,
) -> Result<(), StoreError> {
    let size = signed(binary.size);
    let insert = || {
        connection
            .prepare_cached(
                "INSERT INTO binary (binary_id, owner_id, content_type, filename, size)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                binary.id.as_bytes(),
                binary.owner.as_ref().map(RtId::as_bytes),
                binary.content_type,
                binary.filename,
                size,
            ])
    };
    insert().map_err(failed("store binary"))?;
    let mut buffer = vec![0; CHUNK];
    let mut written = 0_u64;
    for number in 0_i64.. {
        let length = fill(&mut buffer, content)?;
        if length == 0 {
            break;
        }
        written += length as u64;
        let insert = || {
            connection
                .prepare_cached(
                    "INSERT INTO binary_chunk (binary_id, number, content) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![binary.id.as_bytes(), number, &buffer[..length]])
        };
        insert().map_err(failed("store binary"))?;
        if written > binary.size {
            break;
        }
    }
    if written == binary.size {
        return Ok(());
    }
    Err(StoreError::Failed {
        operation: "store binary",
        message: format!(
            "'{}' should have {} bytes, but has {}",
            binary.filename,
            binary.size,
            if written > binary.size {
                "more"
            } else {
                "less"
            }
        ),
    })
}

// Reads may return less than there is.
fn fill(buffer: &mut [u8], content: &mut dyn Read) -> Result<usize, StoreError> {
    let mut length = 0;
    while length < buffer.len() {
        match content.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(StoreError::Failed {
                    operation: "store binary",
                    message: format!("its content cannot be read: {error}"),
                });
            }
        }
    }
    Ok(length)
}

/// Gives a file that belongs to nobody an owner.
pub(super) fn claim(connection: &Connection, id: RtId, owner: RtId) -> Result<(), StoreError> {
    let update = || {
        connection
            .prepare_cached(
                "UPDATE binary SET owner_id = ?2 WHERE binary_id = ?1 AND owner_id IS NULL",
            )?
            .execute([id.as_bytes(), owner.as_bytes()])
    };
    match update().map_err(failed("claim binary"))? {
        1 => Ok(()),
        _ => Err(StoreError::Failed {
            operation: "claim binary",
            message: format!("there is no unclaimed binary {id}"),
        }),
    }
}

/// Removes a file.
pub(super) fn delete(connection: &Connection, id: RtId) -> Result<(), StoreError> {
    let delete = || {
        connection
            .prepare_cached("DELETE FROM binary WHERE binary_id = ?1")?
            .execute([id.as_bytes()])
    };
    delete().map_err(failed("delete binary"))?;
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
