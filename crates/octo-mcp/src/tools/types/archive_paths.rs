//! Which paths of a type an archive of time series can record (spec, Construction Kit 12.5).

use std::sync::Arc;

use octo_ck::graph::{AttributeNode, RecordNode, TypeNode};
use octo_ck::model::ValueType;
use octo_ck::{RtCkId, TypeGraph};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Records inside records that are opened when the call does not say how many.
const DEFAULT_DEPTH: usize = 5;
/// Records inside records that are opened at most.
const MAX_DEPTH: usize = 64;
/// Paths of one answer; records that share records multiply quickly.
const MAX_PATHS: usize = 50_000;

/// Lists the attribute paths of a type that an archive of its values can record, records included.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetAvailableArchivePaths {
    /// Id of the type, e.g. "Basic/City"; versions may be written or left out.
    ck_type_id: String,
    /// How many levels of attributes to list, 1 to 64: 1 leaves out the attributes of records.
    /// Default: 5.
    max_depth: Option<i64>,
}

/// A path an archive can record.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ArchivePath {
    /// The path, e.g. "Amount.Value".
    path: String,
    /// Type of its values; absent for records.
    #[schemars(with = "Option<String>")]
    primitive_type: Option<ValueType>,
    /// It leads to a record or a list of records.
    is_record: bool,
    /// It leads to many values: it, or a record on the way, is a list.
    is_array: bool,
    /// The record; absent for everything else.
    record_type_id: Option<String>,
}

/// Paths of a type.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArchivePaths {
    /// The type, as asked for.
    ck_type_id: String,
    /// Levels of attributes listed.
    max_depth: usize,
    /// Number of paths.
    path_count: usize,
    /// The paths.
    paths: Vec<ArchivePath>,
}

pub(super) async fn get_available_archive_paths(
    cx: TenantCall,
    p: GetAvailableArchivePaths,
) -> ToolResult<Data<ArchivePaths>> {
    let graph = cx.data().await?.graph();
    let failed = |text: String| Failure::new(text).with("ckTypeId", &p.ck_type_id);
    let node = graph
        .find_type(&p.ck_type_id)
        .map_err(|e| failed(e.in_tenant("RtCkTypeId", cx.tenant_id())))?;
    let max_depth = depth(p.max_depth);
    let paths = paths(&graph, node, max_depth).map_err(|e| failed(e.to_string()))?;
    Ok(Data(ArchivePaths {
        ck_type_id: p.ck_type_id,
        max_depth,
        path_count: paths.len(),
        paths,
    }))
}

fn depth(asked: Option<i64>) -> usize {
    asked.map_or(DEFAULT_DEPTH, |levels| {
        usize::try_from(levels.max(1)).map_or(MAX_DEPTH, |levels| levels.min(MAX_DEPTH))
    })
}

/// There are too many paths.
#[derive(Debug, thiserror::Error)]
#[error("The type '{0}' has more than {MAX_PATHS} paths. Pass a smaller maxDepth.")]
struct TooManyPaths(RtCkId);

fn paths(
    graph: &TypeGraph,
    node: &TypeNode,
    max_depth: usize,
) -> Result<Vec<ArchivePath>, TooManyPaths> {
    let mut walk = Walk {
        graph,
        max_depth,
        paths: Vec::new(),
        open: Vec::new(),
    };
    match walk.attributes(&node.attributes, "", false) {
        Ok(()) => Ok(walk.paths),
        Err(Full) => Err(TooManyPaths(node.rt_id.clone())),
    }
}

struct Walk<'g> {
    graph: &'g TypeGraph,
    max_depth: usize,
    paths: Vec<ArchivePath>,
    /// Records on the way to the current attribute, outermost first.
    open: Vec<&'g RtCkId>,
}

/// No more paths fit.
struct Full;

impl<'g> Walk<'g> {
    fn attributes(
        &mut self,
        attributes: &'g [Arc<AttributeNode>],
        prefix: &str,
        in_list: bool,
    ) -> Result<(), Full> {
        for attribute in attributes {
            if self.paths.len() >= MAX_PATHS {
                return Err(Full);
            }
            let path = format!("{prefix}{}", attribute.name);
            let record = self.record_of(attribute);
            let is_list = matches!(
                attribute.value_type,
                ValueType::StringArray | ValueType::IntArray | ValueType::RecordArray
            );
            let is_record = matches!(
                attribute.value_type,
                ValueType::Record | ValueType::RecordArray
            );
            let is_array = in_list || is_list;
            self.paths.push(ArchivePath {
                path: path.clone(),
                primitive_type: (!is_record).then_some(attribute.value_type),
                is_record,
                is_array,
                record_type_id: record.map(|record| record.id.to_string()),
            });
            if let Some(record) = record {
                self.record(record, &path, is_array)?;
            }
        }
        Ok(())
    }

    /// The attributes of a record, unless it is too deep or inside itself.
    fn record(&mut self, record: &'g RecordNode, path: &str, is_array: bool) -> Result<(), Full> {
        let level = self.open.len() + 1;
        if level >= self.max_depth || self.open.contains(&&record.rt_id) {
            return Ok(());
        }
        self.open.push(&record.rt_id);
        self.attributes(&record.attributes, &format!("{path}."), is_array)?;
        self.open.pop();
        Ok(())
    }

    fn record_of(&self, attribute: &AttributeNode) -> Option<&'g RecordNode> {
        let id = attribute.record.as_ref()?;
        self.graph.record(id).map(Arc::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of the System model and a model `T` with these elements.
    fn graph(elements: &str) -> TypeGraph {
        let system = octo_ck::builtin::system();
        let text = format!(
            r#"{{"modelId": "T-1.0.0", "dependencies": ["{0}"], "associationRoles": [], "enums": [],
               {1} }}"#,
            system.model_id,
            elements.replace("SYSTEM", &system.model_id.to_string())
        );
        let model = octo_ck::read::read_compiled(&text, "test").unwrap();
        TypeGraph::build([system, Arc::new(model)]).unwrap()
    }

    fn rows(graph: &TypeGraph, max_depth: usize) -> Vec<String> {
        let node = graph.find_type("T/Meter").unwrap();
        let row = |row: ArchivePath| {
            let list = if row.is_array { "[]" } else { "" };
            let leads_to = match (row.primitive_type, row.record_type_id) {
                (Some(value_type), None) => format!("{value_type:?}"),
                (None, Some(record)) => record,
                other => panic!("{other:?}"),
            };
            format!("{}{list} {leads_to}", row.path)
        };
        let found = paths(graph, node, max_depth).unwrap();
        found
            .into_iter()
            .filter(|row| !row.path.starts_with("Rt"))
            .map(row)
            .collect()
    }

    const METER: &str = r#"
        "types": [{"typeId": "Meter-1", "derivedFromCkTypeId": "SYSTEM/Entity-1", "attributes": [
            {"id": "T-1.0.0/Amount-1", "name": "Amount", "isOptional": true},
            {"id": "T-1.0.0/Parts-1", "name": "Parts", "isOptional": true},
            {"id": "T-1.0.0/Labels-1", "name": "Labels", "isOptional": true}]}],
        "attributes": [
            {"id": "Amount-1", "valueType": "Record", "valueCkRecordId": "T-1.0.0/Amount-1"},
            {"id": "Parts-1", "valueType": "RecordArray", "valueCkRecordId": "T-1.0.0/Amount-1"},
            {"id": "Labels-1", "valueType": "StringArray"},
            {"id": "Value-1", "valueType": "Double"}],
        "records": [{"recordId": "Amount-1", "attributes": [
            {"id": "T-1.0.0/Value-1", "name": "Value", "isOptional": false}]}]"#;

    #[test]
    fn records_are_listed_before_their_attributes_and_lists_make_everything_below_a_list() {
        let graph = graph(METER);
        assert_eq!(
            rows(&graph, 5),
            [
                "Amount T-1.0.0/Amount-1",
                "Amount.Value Double",
                "Parts[] T-1.0.0/Amount-1",
                "Parts.Value[] Double",
                "Labels[] StringArray",
            ]
        );
        assert_eq!(
            rows(&graph, 1),
            [
                "Amount T-1.0.0/Amount-1",
                "Parts[] T-1.0.0/Amount-1",
                "Labels[] StringArray",
            ]
        );
    }

    #[test]
    fn depth_is_kept_in_bounds() {
        for (asked, expected) in [
            (None, DEFAULT_DEPTH),
            (Some(i64::MIN), 1),
            (Some(0), 1),
            (Some(2), 2),
            (Some(i64::MAX), MAX_DEPTH),
        ] {
            assert_eq!(depth(asked), expected, "{asked:?}");
        }
    }

    #[test]
    fn records_that_multiply_are_refused_and_not_walked_for_ever() {
        let levels = 20;
        let attribute = |n: usize| {
            format!(
                r#"{{"id": "A{n}-1", "valueType": "Record", "valueCkRecordId": "T-1.0.0/R{n}-1"}}"#
            )
        };
        let record = |n: usize| {
            let inner = n + 1;
            format!(
                r#"{{"recordId": "R{n}-1", "attributes": [
                    {{"id": "T-1.0.0/A{inner}-1", "name": "Left", "isOptional": true}},
                    {{"id": "T-1.0.0/B{inner}-1", "name": "Right", "isOptional": true}}]}}"#
            )
        };
        let second = |n: usize| attribute(n).replacen('A', "B", 1);
        let list = |make: &dyn Fn(usize) -> String, to: usize| {
            (0..to).map(make).collect::<Vec<_>>().join(",")
        };
        let elements = format!(
            r#""types": [{{"typeId": "Meter-1", "derivedFromCkTypeId": "SYSTEM/Entity-1",
                "attributes": [{{"id": "T-1.0.0/A0-1", "name": "Top", "isOptional": true}}]}}],
            "attributes": [{}, {}],
            "records": [{}, {{"recordId": "R{levels}-1", "attributes": []}}]"#,
            list(&attribute, levels + 1),
            list(&second, levels + 1),
            list(&record, levels),
        );
        let graph = graph(&elements);
        let node = graph.find_type("T/Meter").unwrap();
        let refused = paths(&graph, node, MAX_DEPTH).unwrap_err().to_string();
        assert!(refused.contains("'T/Meter'"), "{refused}");
        assert!(paths(&graph, node, 5).is_ok());
    }
}
