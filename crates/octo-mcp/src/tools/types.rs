//! What can be stored in a tenant: its models and types (spec, Construction Kit 12).

mod archive_paths;
mod schema;

use std::sync::Arc;

use octo_ck::graph::TypeNode;
use octo_ck::{CkId, TypeGraph};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::derived::Derive;
use crate::reply::{Data, ToolResult};
use crate::tool::{Toolset, tool};
use archive_paths::get_available_archive_paths;
use schema::get_type_schema;

/// The group of schema tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Runtime: schema discovery",
        "The models and types of a tenant",
    )
    .tool(tool(
        "get_available_archive_paths",
        get_available_archive_paths,
    ))
    .tool(tool("get_available_models", get_available_models))
    .tool(tool("get_available_types", get_available_types))
    .tool(tool("get_type_schema", get_type_schema))
    .tool(tool("search_types", search_types).may_be_blank(&["searchTerm"]))
}

/// Lists the Construction Kit models installed in a tenant.
#[derive(Deserialize, JsonSchema)]
struct GetAvailableModels {}

/// Installed models.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ModelList {
    /// Number of models.
    total_models: usize,
    /// Names with version, e.g. "Basic-2.0.2".
    models: Vec<String>,
}

async fn get_available_models(
    cx: TenantCall,
    _: GetAvailableModels,
) -> ToolResult<Data<ModelList>> {
    let graph = cx.data().await?.graph();
    let mut models: Vec<String> = graph
        .models()
        .iter()
        .map(|m| m.model_id.to_string())
        .collect();
    models.sort();
    Ok(Data(ModelList {
        total_models: models.len(),
        models,
    }))
}

/// Lists the entity types of a tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetAvailableTypes {
    /// Also list abstract types, which have no entities of their own.
    #[serde(default)]
    include_abstract: bool,
    /// Only types of models whose name starts with this, e.g. "Basic" or "Basic-2.0.2".
    ck_model_id: Option<String>,
}

/// A type in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TypeItem {
    /// Id of the type, as other tools take it.
    ck_type_id: String,
    /// Its model.
    model_id: String,
    /// Name of the type in its model.
    type_id: String,
    /// The same.
    type_name: String,
    /// Version of the type.
    version: u32,
    /// It has no entities of its own.
    is_abstract: bool,
    /// No type can derive from it.
    is_final: bool,
    /// It derives directly from System/Entity.
    is_collection_root: bool,
    /// What it stands for.
    description: Option<String>,
    /// Its base type.
    derived_from: Option<String>,
}

/// Types of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TypeList {
    /// Number of types.
    total_types: usize,
    /// Abstract types are listed, too.
    include_abstract: bool,
    /// The model asked for.
    model_id_filter: Option<String>,
    /// The types.
    types: Vec<Arc<TypeItem>>,
}

async fn get_available_types(cx: TenantCall, p: GetAvailableTypes) -> ToolResult<Data<TypeList>> {
    let listed = cx.derived::<Listing>().await?;
    let model = p.ck_model_id.as_deref().map(str::trim).unwrap_or_default();
    let types: Vec<_> = listed
        .types(p.include_abstract)
        .filter(|listed| listed.item.model_id.starts_with(model))
        .map(|listed| listed.item.clone())
        .collect();
    Ok(Data(TypeList {
        total_types: types.len(),
        include_abstract: p.include_abstract,
        model_id_filter: p.ck_model_id,
        types,
    }))
}

/// All types of a graph in the order of lists.
struct Listing(Vec<ListedType>);

struct ListedType {
    item: Arc<TypeItem>,
    /// What a search looks at, in lower case: name, id, description.
    searched: [String; 3],
}

impl Derive for Listing {
    fn derive(graph: &TypeGraph) -> Self {
        let mut types: Vec<_> = graph.types().map(|node| item(graph, node)).collect();
        types.sort_by(|a, b| {
            a.type_id
                .cmp(&b.type_id)
                .then_with(|| a.model_id.cmp(&b.model_id))
        });
        Self(types.into_iter().map(ListedType::new).collect())
    }
}

impl Listing {
    fn types(&self, include_abstract: bool) -> impl Iterator<Item = &ListedType> {
        self.0
            .iter()
            .filter(move |listed| include_abstract || !listed.item.is_abstract)
    }
}

impl ListedType {
    fn new(item: TypeItem) -> Self {
        let description = item.description.as_deref().unwrap_or_default();
        Self {
            searched: [&item.type_id, &item.ck_type_id, description].map(str::to_lowercase),
            item: Arc::new(item),
        }
    }
}

fn item(graph: &TypeGraph, node: &TypeNode) -> TypeItem {
    let name = node.id.element().semantic_name();
    TypeItem {
        ck_type_id: node.id.semantic_name(),
        model_id: node.id.model().to_string(),
        type_name: name.clone(),
        type_id: name,
        version: node.id.element().version(),
        is_abstract: node.is_abstract,
        is_final: node.is_final,
        is_collection_root: node.is_collection_root,
        description: node.description.clone(),
        derived_from: base_of(graph, node).map(|id| id.to_string()),
    }
}

fn base_of<'a>(graph: &'a TypeGraph, node: &TypeNode) -> Option<&'a CkId> {
    node.bases
        .first()
        .and_then(|base| graph.type_node(base))
        .map(|base| &base.id)
}

/// Finds entity types by name or description.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SearchTypes {
    /// Text to look for, in any case; empty finds all.
    search_term: String,
    /// Also find abstract types.
    #[serde(default)]
    include_abstract: bool,
}

/// Found types.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TypeMatches {
    /// Text looked for.
    search_term: String,
    /// Number of types found.
    match_count: usize,
    /// Abstract types were searched, too.
    include_abstract: bool,
    /// The types.
    matches: Vec<Arc<TypeItem>>,
}

async fn search_types(cx: TenantCall, p: SearchTypes) -> ToolResult<Data<TypeMatches>> {
    let listed = cx.derived::<Listing>().await?;
    let wanted = p.search_term.trim().to_lowercase();
    let matches: Vec<_> = listed
        .types(p.include_abstract)
        .filter(|listed| listed.searched.iter().any(|text| text.contains(&wanted)))
        .map(|listed| listed.item.clone())
        .collect();
    Ok(Data(TypeMatches {
        search_term: p.search_term,
        match_count: matches.len(),
        include_abstract: p.include_abstract,
        matches,
    }))
}
