//! The indexes the types of a tenant ask for.

use octo_ck::TypeGraph;
use octo_ck::model::{CkIndex, IndexType};

use crate::resolve;
use crate::store::IndexDefinition;

/// All of them, without repetitions.
pub(super) fn of(graph: &TypeGraph) -> Vec<IndexDefinition> {
    // Those every entity has would cost each write more than they save; see the store's tables.
    let common: Vec<&CkIndex> = graph
        .types()
        .filter(|node| node.collection_root.is_none())
        .flat_map(|node| &node.indexes)
        .collect();
    let mut definitions: Vec<IndexDefinition> = Vec::new();
    for node in graph.types() {
        let Some(root) = &node.collection_root else {
            continue;
        };
        let speeds_up = |index: &&CkIndex| {
            !matches!(index.index_type, IndexType::None | IndexType::Text)
                && !common.contains(index)
        };
        for index in node.indexes.iter().filter(speeds_up) {
            let paths = index
                .fields
                .iter()
                .flat_map(|fields| &fields.attribute_paths);
            let fields: Option<Vec<_>> = paths
                .map(|path| resolve::index_field(graph, node, path))
                .collect();
            let definition = fields
                .filter(|fields| fields.iter().any(resolve::is_attribute))
                .map(|fields| IndexDefinition {
                    root: root.clone(),
                    fields,
                });
            definitions.extend(definition.filter(|new| !definitions.contains(new)));
        }
    }
    definitions
}
