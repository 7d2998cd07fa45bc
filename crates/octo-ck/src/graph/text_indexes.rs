//! One text index per collection: the text indexes of a collection root and of everything derived
//! from it become one (spec, Construction Kit 4.7).

use std::collections::HashMap;

use indexmap::IndexMap;

use super::TypeNode;
use super::build::Build;
use super::position::{Kind, Part};
use crate::diagnostics::Code;
use crate::id::RtCkId;
use crate::model::{CkIndex, CkIndexFields, IndexType};

/// Language of a text index that names none.
const DEFAULT_LANGUAGE: &str = "en";

/// Merges the text indexes of each collection into one on its root.
pub(super) fn merge(build: &mut Build<'_>, nodes: &mut IndexMap<RtCkId, TypeNode>) {
    let mut merged: HashMap<RtCkId, CkIndex> = HashMap::new();
    for (id, element) in &build.elements.types {
        let root = nodes.get(&id.to_runtime());
        let Some(root) = root.and_then(|node| node.collection_root.clone()) else {
            continue;
        };
        for index in element.indexes.iter().flatten().filter(|i| is_text(i)) {
            let Some(known) = merged.get_mut(&root) else {
                merged.insert(root.clone(), index.clone());
                continue;
            };
            if language(known) != language(index) {
                let at = build.positions.find(Kind::Type, id, Part::Whole);
                let text = format!(
                    "The text index of type '{id}' is in language '{}', but that of the collection '{root}' is in '{}': use one language.",
                    language(index),
                    language(known)
                );
                build.diagnostics.report(Code::SeveralLanguages, &at, text);
            }
            let new: Vec<CkIndexFields> = new_fields(known, index);
            known.fields.extend(new);
        }
    }
    for (root, index) in merged {
        if let Some(node) = nodes.get_mut(&root) {
            node.indexes.retain(|index| !is_text(index));
            node.indexes.push(index);
        }
    }
}

fn is_text(index: &CkIndex) -> bool {
    index.index_type == IndexType::Text
}

fn language(index: &CkIndex) -> &str {
    index.language.as_deref().unwrap_or(DEFAULT_LANGUAGE)
}

/// The fields of `added` with the paths that `index` does not cover yet.
fn new_fields(index: &CkIndex, added: &CkIndex) -> Vec<CkIndexFields> {
    let is_covered = |path: &String| {
        let fields = index.fields.iter();
        fields
            .flat_map(|field| &field.attribute_paths)
            .any(|p| p == path)
    };
    let remaining = |field: &CkIndexFields| {
        let mut field = field.clone();
        field.attribute_paths.retain(|path| !is_covered(path));
        field
    };
    let fields = added.fields.iter().map(remaining);
    fields
        .filter(|field| !field.attribute_paths.is_empty())
        .collect()
}
