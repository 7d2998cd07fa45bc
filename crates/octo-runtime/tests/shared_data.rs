//! Entities of every type of the published OctoMesh libraries (`models/` of the shared data).
//!
//! The folder is taken from `OCTO_SHARED`, else from `../shared` beside the workspace. Without it
//! the test is skipped, except under `CI=true`, where it fails.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use octo_ck::graph::{AttributeNode, TypeNode};
use octo_ck::model::{Multiplicity, ValueType};
use octo_ck::{CompiledModel, TypeGraph, builtin, compiler};
use octo_runtime::{
    Criteria, Entity, EntityDto, EntityQuery, NewEntity, Projection, Runtime, RuntimeConfig,
    Tenant, UpdateEntity,
};
use serde_json::{Value as Json, json};

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("OCTO_SHARED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "shared data not found at {}: set OCTO_SHARED",
        folder.display()
    );
    println!("skipped: no shared data at {}", folder.display());
    None
}

/// All libraries that compile against each other, in an order in which they can be imported.
fn libraries(shared: &Path) -> Vec<Arc<CompiledModel>> {
    let folders = std::fs::read_dir(shared.join("models")).unwrap();
    let mut folders: Vec<PathBuf> = folders
        .map(|entry| entry.unwrap().path().join("ConstructionKit"))
        .filter(|folder| folder.is_dir())
        .collect();
    let mut compiled = vec![builtin::system()];
    loop {
        let before = folders.len();
        folders.retain(
            |folder| match compiler::compile_folder(folder, &compiled).model {
                Some(model) => {
                    compiled.push(Arc::new(model));
                    false
                }
                None => true,
            },
        );
        if folders.len() == before {
            return compiled;
        }
    }
}

fn sample(graph: &TypeGraph, node: &AttributeNode) -> Json {
    match node.value_type {
        ValueType::Int | ValueType::Int64 => json!(7),
        ValueType::Double => json!(0.25),
        ValueType::Boolean => json!(true),
        ValueType::String => json!("text"),
        ValueType::DateTime => json!("2024-01-31T12:00:00.125Z"),
        ValueType::DateTimeOffset => json!("2024-01-31T12:00:00+02:00"),
        ValueType::TimeSpan => json!(9_000_000_000_i64),
        ValueType::Enum => {
            let node = node.enum_type.as_ref().unwrap();
            json!(node.values.first().map(|value| &value.name))
        }
        ValueType::StringArray => json!(["a", "b"]),
        ValueType::IntArray => json!([1, 2]),
        ValueType::Binary => json!("AQID"),
        ValueType::BinaryLinked => json!({
            "contentType": "text/plain",
            "binaryId": "665f1c2ab1e4d2a3c4b5d6e7",
            "filename": "a.txt",
            "size": 3,
        }),
        ValueType::GeospatialPoint => json!({"type": "Point", "coordinates": [16.5, 48.25]}),
        ValueType::Record => record(graph, node),
        ValueType::RecordArray => json!([record(graph, node)]),
    }
}

fn record(graph: &TypeGraph, node: &AttributeNode) -> Json {
    let record = graph.record(node.record.as_ref().unwrap()).unwrap();
    let fields = record.attributes.iter();
    fields
        .map(|field| (field.camel_name.clone(), sample(graph, field)))
        .collect()
}

fn can_stand_alone(node: &TypeNode) -> bool {
    let mut outbound = node.outbound.iter();
    !node.is_abstract && outbound.all(|a| a.multiplicity != Multiplicity::One)
}

#[tokio::test]
async fn entities_of_every_type_can_be_created_shown_and_written_back() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::open(RuntimeConfig::new(folder.path()))
        .await
        .unwrap();
    let tenant = runtime.system_tenant();
    let libraries = libraries(&shared);
    assert!(
        libraries.len() > 5,
        "only {} libraries compile",
        libraries.len()
    );
    for library in libraries {
        let id = library.model_id.clone();
        let import = tenant.import_models(vec![library]).await.unwrap();
        assert!(import.broken.is_empty(), "{id} broke {:?}", import.broken);
    }
    let graph = tenant.graph();
    let counters = counters(&graph);
    let mut created = counters.len() as u64;
    for counter in counters {
        let counter = NewEntity::of("System/AutoIncrement")
            .well_known_name(counter)
            .set("CurrentValue", 0)
            .set("End", 1_000);
        tenant.insert(counter).await.unwrap();
    }
    for node in graph.types().filter(|node| can_stand_alone(node)) {
        let entity = create(&tenant, &graph, node).await;
        write_back(&tenant, &graph, node, entity).await;
        created += 1;
    }
    assert!(created > 30, "only {created} types");
    let all = EntityQuery::of("System/Entity")
        .filter(Criteria::ne("ckTypeId", "System/MigrationHistory"))
        .take(1);
    assert_eq!(tenant.query(all).await.unwrap().total, created);
}

fn counters(graph: &TypeGraph) -> BTreeSet<String> {
    let attributes = graph.types().flat_map(|node| &node.attributes);
    attributes
        .filter_map(|attribute| attribute.auto_increment_reference.clone())
        .collect()
}

async fn create(tenant: &Tenant, graph: &TypeGraph, node: &TypeNode) -> Entity {
    let attributes = node.attributes.iter();
    let new = attributes.fold(NewEntity::of(node.id.to_string()), |new, attribute| {
        new.assign(attribute.camel_name.clone(), sample(graph, attribute))
    });
    let entity = tenant.insert(new).await;
    let entity = entity.unwrap_or_else(|error| panic!("{}: {error}", node.id));
    let ck_type = node.rt_id.to_string();
    let stored = tenant.get(&ck_type, entity.rt_id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&entity), "{}", node.id);
    entity
}

async fn write_back(tenant: &Tenant, graph: &TypeGraph, node: &TypeNode, entity: Entity) {
    let dto = EntityDto::new(&entity, graph, &Projection::all());
    assert_eq!(dto.attributes.len(), node.attributes.len(), "{}", node.id);
    let update = UpdateEntity::from_entity(&entity);
    let update = dto
        .attributes
        .into_iter()
        .fold(update, |update, attribute| {
            update.assign(attribute.attribute_name, attribute.value)
        });
    let updated = tenant.update(update).await;
    let updated = updated.unwrap_or_else(|error| panic!("{}: {error}", node.id));
    assert_eq!(updated.attributes, entity.attributes, "{}", node.id);
    assert_eq!(updated.display_name, entity.display_name, "{}", node.id);
}
