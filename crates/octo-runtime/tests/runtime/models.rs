//! Importing models.

use std::sync::Arc;

use octo_ck::{CompiledModel, builtin};
use octo_runtime::{NewEntity, Runtime, RuntimeConfig, RuntimeError};

use crate::fixture::Fixture;
use crate::model::{compiled, demo};

const DEPENDENT: &str = "
$schema: https://schemas.meshmakers.cloud/construction-kit-elements.schema.json
types:
- typeId: Extra
  derivedFromCkTypeId: ${System}/Entity
";

fn dependent_on_demo() -> CompiledModel {
    let mut model = Arc::unwrap_or_clone(compiled("Extra-1.0.0", DEPENDENT));
    model.dependencies.push("Demo-1.0.0".parse().unwrap());
    model
}

#[tokio::test]
async fn importing_makes_types_available_and_twice_is_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    assert!(tenant.graph().find_type("Demo-1.0.0/Tool-1").is_ok());
    let again = tenant.import_models(vec![demo("1.0.0")]).await.unwrap();
    assert!(again.imported.is_empty());
    assert_eq!(again.unchanged.len(), 1);
    let identity = builtin::system_identity();
    tenant.import_models(vec![identity]).await.unwrap();
    let names: Vec<_> = tenant.models().await.unwrap();
    let names: Vec<_> = names.iter().map(|model| model.id.name()).collect();
    assert_eq!(names, ["Demo", "System", "System.Identity"]);
}

#[tokio::test]
async fn a_model_without_its_dependencies_is_refused_and_nothing_changes() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let mut model = dependent_on_demo();
    model.dependencies.push("Other-3.0.0".parse().unwrap());
    let error = tenant.import_model(model).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, RuntimeError::ModelRejected { .. }));
    assert!(
        text.contains("Extra-1.0.0") && text.contains("Other-3.0.0"),
        "{text}"
    );
    assert_eq!(tenant.models().await.unwrap().len(), 2);
    assert!(tenant.graph().find_type("Extra/Extra").is_err());
}

#[tokio::test]
async fn a_bad_model_leaves_the_old_version() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let mut broken = Arc::unwrap_or_clone(demo("2.0.0"));
    broken.records.clear();
    let error = tenant.import_model(broken).await.unwrap_err();
    assert!(matches!(error, RuntimeError::ModelRejected { .. }));
    assert_eq!(tenant.model("Demo").unwrap().to_string(), "Demo-1.0.0");
    let tool = NewEntity::of("Demo/Tool").set("Name", "still works");
    tenant.insert(tool).await.unwrap();
}

#[tokio::test]
async fn replacing_a_model_breaks_and_restores_those_that_need_it() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tenant.import_model(dependent_on_demo()).await.unwrap();
    let tool = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "kept"))
        .await
        .unwrap();

    let upgrade = tenant.import_models(vec![demo("1.1.0")]).await.unwrap();
    assert_eq!(upgrade.broken[0].to_string(), "Extra-1.0.0");
    assert!(tenant.graph().find_type("Extra/Extra").is_err());
    assert_eq!(
        tenant.get("Demo/Tool", tool.rt_id).await.unwrap(),
        Some(tool)
    );

    let downgrade = tenant.import_models(vec![demo("1.0.0")]).await.unwrap();
    assert_eq!(downgrade.restored[0].to_string(), "Extra-1.0.0");
    assert!(tenant.graph().find_type("Extra/Extra").is_ok());
}

#[tokio::test]
async fn models_that_need_each_other_come_together() {
    let fixture = Fixture::new().await;
    let system = fixture.runtime.system_tenant();
    let both = vec![Arc::new(dependent_on_demo()), demo("1.0.0")];
    let import = system.import_models(both).await.unwrap();
    assert_eq!(import.imported.len(), 2);
    assert!(system.graph().find_type("Extra/Extra").is_ok());
}

#[tokio::test]
async fn values_added_to_an_enum_survive_an_upgrade() {
    let fixture = Fixture::new().await;
    let system = fixture.runtime.system_tenant();
    let mut extended = Arc::unwrap_or_clone(demo("1.0.0"));
    let color = extended
        .enums
        .iter_mut()
        .find(|e| e.enum_id.name() == "Color");
    let color = color.unwrap();
    let mut purple = color.values[0].clone();
    (purple.key, purple.name, purple.is_extension) = (1000, "Purple".to_owned(), true);
    color.values.push(purple);
    system.import_model(extended).await.unwrap();

    system.import_models(vec![demo("1.1.0")]).await.unwrap();
    let tool = NewEntity::of("Demo/Tool")
        .set("Name", "x")
        .set("Paint", "purple");
    let tool = system.insert(tool).await.unwrap();
    assert_eq!(tool.attributes.i32("Paint"), Some(1000));
}

#[tokio::test]
async fn the_shipped_system_model_is_restored_at_the_next_start() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let shipped = serde_json::to_string(&*builtin::system()).unwrap();
    let older = serde_json::from_str(&shipped.replace("System-2.2.2", "System-2.2.1")).unwrap();
    let downgrade = tenant.import_model(older).await.unwrap();
    assert_eq!(downgrade.broken[0].to_string(), "Demo-1.0.0");
    assert!(tenant.graph().find_type("Demo/Tool").is_err());
    fixture.runtime.close().await;

    let runtime = Runtime::open(RuntimeConfig::new(fixture.folder.path()))
        .await
        .unwrap();
    let tenant = runtime.tenant(&"acme".parse().unwrap()).await.unwrap();
    assert_eq!(tenant.model("System").unwrap().to_string(), "System-2.2.2");
    assert!(tenant.graph().find_type("Demo/Tool").is_ok());
}
