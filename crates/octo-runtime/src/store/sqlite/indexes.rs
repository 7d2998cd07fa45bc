//! Indexes that the models of the tenant ask for.
//!
//! They only speed queries up; what is unique is checked before writing. Each covers the entities
//! below one collection root, with type, state and id appended, so that a look-up by value needs
//! nothing else. Their names are made from their definition, so a changed definition is another
//! index.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::conditions::Subject;
use super::select::quoted;
use super::{failed, path};
use crate::store::{IndexDefinition, StoreError};

const PREFIX: &str = "model_";

/// Creates the given indexes and drops all others that came from models.
pub(super) fn set(connection: &Connection, indexes: &[IndexDefinition]) -> Result<(), StoreError> {
    let mut wanted = BTreeMap::new();
    for index in indexes {
        let definition = definition(index)?;
        wanted.insert(name(&definition), definition);
    }
    for present in present(connection).map_err(failed("read indexes"))? {
        if wanted.remove(&present).is_none() {
            connection
                .execute_batch(&format!("DROP INDEX \"{present}\""))
                .map_err(failed("drop index"))?;
        }
    }
    for (name, definition) in wanted {
        connection
            .execute_batch(&format!("CREATE INDEX \"{name}\" ON entity {definition}"))
            .map_err(failed("create index"))?;
    }
    Ok(())
}

fn definition(index: &IndexDefinition) -> Result<String, StoreError> {
    let fields = index.fields.iter();
    let mut keys = fields
        .map(|field| path::single(&Subject::entity(), field))
        .collect::<Result<Vec<_>, _>>()?;
    for column in ["ck_type_id", "state", "rt_id"] {
        if !keys.iter().any(|key| key == column) {
            keys.push(column.to_owned());
        }
    }
    let root = quoted(&index.root.to_string());
    Ok(format!("({}) WHERE root = '{root}'", keys.join(", ")))
}

fn name(definition: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, definition.as_bytes());
    let hex = digest
        .as_ref()
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"));
    format!("{PREFIX}{}", hex.collect::<String>())
}

fn present(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'entity'",
    )?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let names = names.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(names
        .into_iter()
        .filter(|n| n.starts_with(PREFIX))
        .collect())
}
