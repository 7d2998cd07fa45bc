//! Files that entities refer to (spec 4.3).

use super::Tenant;
use crate::attributes::Attributes;
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::{PathIndex, PathStep};
use crate::value::{BinaryInfo, Record, Value};

impl Tenant {
    /// The file the value at a path of an entity refers to, such as `manual`, `cover.picture` or
    /// `pages[0].scan`; `None` when there is no value.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`]: a path the type does not have, or not to a linked binary.
    pub fn linked_binary(
        &self,
        entity: &Entity,
        attribute_path: &str,
    ) -> Result<Option<BinaryInfo>, RuntimeError> {
        let invalid = |problem: String| RuntimeError::InvalidQuery(vec![problem]);
        let graph = self.graph();
        let node = resolve::find_type(&graph, &entity.ck_type_id.to_string())?;
        let steps = resolve::linked_binary(&graph, node, attribute_path).map_err(invalid)?;
        let mut found = Vec::new();
        collect(&entity.attributes, &steps, &mut found);
        match found[..] {
            [] => Ok(None),
            [info] => Ok(Some(info.clone())),
            _ => Err(invalid(format!(
                "Attribute path '{attribute_path}' leads to {} files. Say which element is meant, such as items[0].photo.",
                found.len()
            ))),
        }
    }

    /// Bytes of a file that belongs to `owner`, from `offset` on: a part of at most 1 MiB, `None`
    /// at its end or when that entity has no such file.
    ///
    /// # Errors
    /// A failing store.
    pub async fn binary_part(
        &self,
        owner: RtId,
        binary: RtId,
        offset: u64,
    ) -> Result<Option<Vec<u8>>, RuntimeError> {
        let stored = self.checked_store(self.store.binary(binary).await)?;
        if stored.is_none_or(|stored| stored.owner != Some(owner)) {
            return Ok(None);
        }
        self.checked_store(self.store.binary_part(binary, offset).await)
    }
}

fn collect<'v>(attributes: &'v Attributes, steps: &[PathStep], found: &mut Vec<&'v BinaryInfo>) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    match attributes.get(&first.name) {
        Some(Value::BinaryLinked(info)) if rest.is_empty() => found.push(info),
        Some(Value::Record(record)) => collect(&record.attributes, rest, found),
        Some(Value::RecordArray(records)) => {
            for record in chosen(records, first.index) {
                collect(&record.attributes, rest, found);
            }
        }
        _ => {}
    }
}

fn chosen(records: &[Record], index: PathIndex) -> &[Record] {
    let at = match index {
        PathIndex::Whole | PathIndex::Any => return records,
        PathIndex::At(at) => Some(at),
        PathIndex::FromEnd(back) => records.len().checked_sub(back),
    };
    let one = at.and_then(|at| records.get(at));
    one.map_or(&[], std::slice::from_ref)
}
