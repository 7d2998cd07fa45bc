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
    BinaryContent, ChangeSet, Entity, EntityDto, EntityQuery, NewBinary, NewEntity, Projection,
    Runtime, RuntimeConfig, Tenant, UpdateEntity,
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
        ValueType::BinaryLinked => json!({"transferId": "upload"}),
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
    let recorded = tenant.migration_history(None, 1).await.unwrap().total;
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
    let all = EntityQuery::of("System/Entity").take(1);
    assert_eq!(tenant.query(all).await.unwrap().total, created + recorded);
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
    let content = BinaryContent::Bytes(b"abc".as_slice().into());
    let file = NewBinary::new("upload", "a.txt", "text/plain", 3, content);
    let applied = tenant.apply(ChangeSet::new().insert(new).add_binary(file));
    let mut applied = applied
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", node.id));
    let entity = applied.inserted.remove(0);
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

/// A published model of the catalog.
fn published(shared: &Path, name: &str, version: &str) -> Arc<CompiledModel> {
    let first = name.chars().next().unwrap().to_ascii_lowercase();
    let major = version.split('.').next().unwrap();
    let file = format!("ck-{}-{version}.json", name.to_lowercase());
    let folder = shared.join(format!("catalog/ck-models/v2/{first}/{name}/{major}"));
    let text = std::fs::read_to_string(folder.join(&file)).unwrap();
    Arc::new(octo_ck::read_published(&text, &file).unwrap())
}

/// All models a published one needs, and the model itself.
fn with_dependencies(shared: &Path, name: &str, version: &str) -> Vec<Arc<CompiledModel>> {
    let mut models = vec![published(shared, name, version)];
    let mut at = 0;
    while let Some(model) = models.get(at).cloned() {
        for id in &model.dependencies {
            if models
                .iter()
                .all(|known| known.model_id.name() != id.name())
            {
                models.push(published(shared, id.name(), &id.version().to_string()));
            }
        }
        at += 1;
    }
    models
}

#[tokio::test]
async fn events_of_a_published_library_follow_its_migration() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = RuntimeConfig::new(folder.path());
    let runtime = Runtime::open(config).await.unwrap();
    let tenant = runtime.system_tenant();
    let old = with_dependencies(&shared, "Industry.Basic", "2.0.0");
    tenant.import_models(old).await.unwrap();
    let time: jiff::Timestamp = "2024-01-31T12:00:00.125Z".parse().unwrap();
    let graph = tenant.graph();
    let mut ids = Vec::new();
    for ck_type in ["Industry.Basic/Event", "Industry.Basic/Alarm"] {
        let node = graph.find_type(ck_type).unwrap();
        let attributes = node.attributes.iter().filter(|a| !a.is_optional);
        let new = attributes.fold(NewEntity::of(ck_type), |new, attribute| {
            new.assign(attribute.camel_name.clone(), sample(&graph, attribute))
        });
        let new = new.assign("time", json!(time.to_string()));
        ids.push(tenant.insert(new).await.unwrap().rt_id);
    }
    let alarm = tenant
        .get("Industry.Basic/Alarm", ids[1])
        .await
        .unwrap()
        .unwrap();
    let priority = alarm.attributes.get("EventAlarmPriority").cloned();

    // The library of the folder, with the models it was made for, in one step.
    let new = libraries(&shared).into_iter();
    let new = new.filter(|m| ["System", "Basic", "Industry.Basic"].contains(&m.model_id.name()));
    let import = tenant.import_models(new.collect()).await.unwrap();
    let mut results = import.migrations.iter();
    let result = results
        .rfind(|r| r.to_model.name() == "Industry.Basic")
        .unwrap();
    assert!(result.success, "{result:?}");
    assert_eq!(result.entities_updated, 2 + u64::from(priority.is_some()));
    let left = result
        .warnings
        .iter()
        .filter(|w| w.contains("attribute-remains"));
    assert_eq!(left.count(), 0, "{result:?}");
    for id in ids {
        let event = tenant
            .get("Industry.Basic/Event", id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(event.attributes.timestamp("Received"), Some(time));
        assert!(!event.attributes.contains("Time"));
    }
    let alarm = tenant
        .get("Industry.Basic/Alarm", alarm.rt_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(alarm.attributes.get("Priority"), priority.as_ref());
}

#[tokio::test]
async fn clients_of_an_older_identity_service_follow_at_the_next_start() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = || RuntimeConfig::new(folder.path());
    let runtime = Runtime::open(config()).await.unwrap();
    let tenant = runtime.system_tenant();
    let old = with_dependencies(&shared, "System.Identity", "2.8.0");
    tenant.import_models(old).await.unwrap();
    let graph = tenant.graph();
    let node = graph.find_type("System.Identity/Client").unwrap();
    let mandatory = node.attributes.iter().filter(|a| !a.is_optional);
    let client = mandatory.fold(NewEntity::of("System.Identity/Client"), |new, attribute| {
        new.assign(attribute.camel_name.clone(), sample(&graph, attribute))
    });
    let client = client.assign(
        "redirectUris",
        json!(["https://a.example", "https://b.example"]),
    );
    let client = tenant.insert(client).await.unwrap();
    runtime.close().await;

    let runtime = Runtime::open(config()).await.unwrap();
    let tenant = runtime.system_tenant();
    let identity = builtin::system_identity().model_id.clone();
    assert_eq!(tenant.model("System.Identity"), Some(identity));
    let found = tenant
        .get("System.Identity/Client", client.rt_id)
        .await
        .unwrap()
        .unwrap();
    let uris = found.attributes.records("RedirectUris");
    assert_eq!(uris.len(), 2, "{:?}", found.attributes);
    assert_eq!(uris[1].attributes.str("Uri"), Some("https://b.example"));
    assert_eq!(uris[1].attributes.str("Source"), Some("base"));
}
