//! Importing models.

use std::sync::Arc;

use octo_ck::{CompiledModel, builtin};
use octo_runtime::store::ModelState;
use octo_runtime::{EnumChange, NewEntity, Runtime, RuntimeConfig, RuntimeError, Tenant};

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

/// A built-in model as if it had another version.
fn as_version(model: &CompiledModel, version: &str) -> CompiledModel {
    let (id, name) = (model.model_id.to_string(), model.model_id.name());
    let text = serde_json::to_string(model).unwrap();
    serde_json::from_str(&text.replace(&id, &format!("{name}-{version}"))).unwrap()
}

async fn states(tenant: &Tenant) -> Vec<(String, ModelState)> {
    let models = tenant.models().await.unwrap();
    models.iter().map(|m| (m.id.to_string(), m.state)).collect()
}

async fn reopen(fixture: &Fixture) -> Arc<Runtime> {
    fixture.runtime.close().await;
    let config = RuntimeConfig::new(fixture.folder.path());
    Runtime::open(config).await.unwrap()
}

#[tokio::test]
async fn models_of_services_come_up_to_date_together_when_a_tenant_opens() {
    let fixture = Fixture::new().await;
    let tenant = fixture.runtime.system_tenant();
    // As an older program left it: all of them compiled against an older System.
    let older = |model: Arc<CompiledModel>, version: &str| {
        let mut model = as_version(&model, version);
        let text = serde_json::to_string(&model).unwrap();
        model = serde_json::from_str(&text.replace("System-2.2.2", "System-2.2.1")).unwrap();
        Arc::new(model)
    };
    let models = vec![
        older(builtin::system(), "2.2.1"),
        older(builtin::system_identity(), "2.10.0"),
        older(builtin::system_stream_data(), "1.6.0"),
    ];
    tenant.import_models(models).await.unwrap();
    let group = NewEntity::of("System.Identity/Group")
        .set("GroupName", "kept")
        .set("NormalizedGroupName", "KEPT");
    let group = tenant.insert(group).await.unwrap();
    let runtime = reopen(&fixture).await;
    let tenant = runtime.system_tenant();
    let available = |id: CompiledModel| (id.model_id.to_string(), ModelState::Available);
    let expected = [
        builtin::system(),
        builtin::system_identity(),
        builtin::system_stream_data(),
    ];
    let expected: Vec<_> = expected.map(|m| available(Arc::unwrap_or_clone(m))).into();
    assert_eq!(states(&tenant).await, expected);
    assert!(
        tenant
            .get("System.Identity/Group", group.rt_id)
            .await
            .unwrap()
            .is_some()
    );
    let history = tenant
        .migration_history(Some("System.Identity"), 10)
        .await
        .unwrap();
    assert_eq!(history.items[0].from_version, "2.10.0");
    let nothing = tenant.install_service_models(&[]).await.unwrap();
    assert!(nothing.imported.is_empty() && nothing.unchanged.is_empty());
}

#[tokio::test]
async fn an_upgrade_that_fails_at_start_leaves_the_tenant_as_it_was() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let older = as_version(&builtin::system(), "2.2.1");
    tenant.import_model(older).await.unwrap();
    fixture.runtime.close().await;
    let file = fixture.folder.path().join("tenants/acme.db");
    let refuse =
        "CREATE TRIGGER refuse BEFORE UPDATE ON model BEGIN SELECT RAISE(ABORT, 'full'); END";
    let run = |sql: &str| {
        rusqlite::Connection::open(&file)
            .unwrap()
            .execute_batch(sql)
            .unwrap()
    };
    run(refuse);
    let version = async |runtime: &Runtime| {
        let tenant = runtime.tenant(&"acme".parse().unwrap()).await.unwrap();
        tenant.model("System").unwrap().to_string()
    };
    let open = || Runtime::open(RuntimeConfig::new(fixture.folder.path()));
    let runtime = open().await.unwrap();
    assert_eq!(version(&runtime).await, "System-2.2.1");
    runtime.close().await;

    run("DROP TRIGGER refuse");
    let runtime = open().await.unwrap();
    assert_eq!(version(&runtime).await, "System-2.2.2");
}

#[tokio::test]
async fn newer_models_of_the_interface_stay() {
    let fixture = Fixture::new().await;
    let tenant = fixture.runtime.system_tenant();
    let newer = as_version(&builtin::system_ui(), "2.9.0");
    tenant.import_model(newer).await.unwrap();
    let import = tenant
        .import_models(vec![builtin::system_ui()])
        .await
        .unwrap();
    assert_eq!(import.kept[0].to_string(), "System.UI-2.9.0");
    assert!(import.imported.is_empty());
    let runtime = reopen(&fixture).await;
    let kept = runtime.system_tenant().model("System.UI").unwrap();
    assert_eq!(kept.to_string(), "System.UI-2.9.0");
}

#[tokio::test]
async fn models_that_no_longer_fit_are_left_out_and_come_back() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    // In the order of names each comes before what it needs.
    let mut needs_z = Arc::unwrap_or_clone(compiled("A-1.0.0", DEPENDENT));
    needs_z.dependencies.push("Z-1.0.0".parse().unwrap());
    needs_z.dependencies.push("Demo-1.0.0".parse().unwrap());
    let z = DEPENDENT.replace("Extra", "Other");
    let mut z = Arc::unwrap_or_clone(compiled("Z-1.0.0", &z));
    z.dependencies.push("Demo-1.0.0".parse().unwrap());
    tenant
        .import_models(vec![Arc::new(needs_z), Arc::new(z)])
        .await
        .unwrap();

    let upgrade = tenant.import_models(vec![demo("1.1.0")]).await.unwrap();
    assert_eq!(upgrade.broken.len(), 2);
    let restored = tenant.import_models(vec![demo("1.0.0")]).await.unwrap();
    assert_eq!(restored.restored.len(), 2);
    assert!(tenant.graph().find_type("A/Extra").is_ok());
}

#[tokio::test]
async fn a_model_made_for_another_system_is_refused_with_both_versions() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let text = serde_json::to_string(&*compiled("Extra-1.0.0", DEPENDENT)).unwrap();
    let foreign = serde_json::from_str(&text.replace("System-2.2.2", "System-2.3.0")).unwrap();
    let error = tenant.import_model(foreign).await.unwrap_err().to_string();
    assert!(
        error.contains("Model 'Extra-1.0.0' was compiled against 'System-2.3.0' but 'System-2.2.2' is installed."),
        "{error}"
    );
}

fn insert(key: i32, name: &str) -> EnumChange {
    EnumChange::Insert {
        key,
        name: name.to_owned(),
        description: None,
    }
}

#[tokio::test]
async fn enums_are_extended_and_reduced() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let changes = [insert(100, "mint_green"), insert(101, "_dark")];
    tenant
        .extend_enum("Demo-1.0.0/Color", &changes)
        .await
        .unwrap();
    let tool = NewEntity::of("Demo/Tool")
        .set("Name", "x")
        .set("Paint", "mint_green");
    let tool = tenant.insert(tool).await.unwrap();
    assert_eq!(tool.attributes.i32("Paint"), Some(100));
    // A key is free again once its value is deleted, whatever comes first.
    let changes = [insert(101, "Bright"), EnumChange::Delete { key: 101 }];
    tenant.extend_enum("Demo/Color", &changes).await.unwrap();

    let import = tenant.import_models(vec![demo("1.1.0")]).await.unwrap();
    assert_eq!(import.warnings, Vec::<String>::new());
    tenant.reload().await.unwrap();
    let node = tenant
        .graph()
        .enum_node(&"Demo/Color".parse().unwrap())
        .unwrap()
        .clone();
    let added: Vec<_> = node.values.iter().filter(|v| v.is_extension).collect();
    assert_eq!((added[0].key, added[1].name.as_str()), (100, "Bright"));
}

#[tokio::test]
async fn a_value_of_the_new_version_keeps_its_name() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tenant
        .extend_enum("Demo/Color", &[insert(50, "Purple")])
        .await
        .unwrap();
    let mut next = Arc::unwrap_or_clone(demo("1.1.0"));
    let color = next
        .enums
        .iter_mut()
        .find(|e| e.enum_id.name() == "Color")
        .unwrap();
    let mut purple = color.values[0].clone();
    (purple.key, purple.name) = (7, "Purple".to_owned());
    color.values.push(purple);
    let import = tenant.import_model(next).await.unwrap();
    assert!(
        import.warnings[0].contains("is now called 'Purple_50'"),
        "{:?}",
        import.warnings
    );
    let graph = tenant.graph();
    let node = graph.enum_node(&"Demo/Color".parse().unwrap()).unwrap();
    assert_eq!(
        (node.key_of("Purple"), node.key_of("Purple_50")),
        (Some(7), Some(50))
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_extension_is_told_at_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let changes = [
        insert(-1, "Negative"),
        insert(0, "Taken"),
        insert(60, "red"),
        insert(61, " "),
        insert(62, "two words"),
        EnumChange::Delete { key: 1 },
        EnumChange::Delete { key: 99 },
    ];
    let error = tenant
        .extend_enum("Demo/Color", &changes)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, RuntimeError::EnumExtension { .. }));
    assert!(text.starts_with("Error during update of extensions for enum 'Demo/Color'.\n"));
    for expected in [
        "Key -1 of 'Negative' is negative",
        "Key 0 of 'Taken' is that of 'Red' already",
        "There is a value 'Red' already (key 0)",
        "The value with key 61 has no name",
        "The name 'two words' may contain only",
        "Value 'Green' (key 1) belongs to the model",
        "There is no value with key 99",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for (ck_enum, expected) in [
        ("Demo/Access", "Enum 'Demo/Access' is not extensible."),
        ("Demo/Nothing", "CkEnumId 'Demo/Nothing' not found."),
        ("nothing", "CkEnumId 'nothing' not found."),
    ] {
        let error = tenant
            .extend_enum(ck_enum, &[insert(9, "X")])
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let graph = tenant.graph();
    let color = graph.enum_node(&"Demo/Color".parse().unwrap()).unwrap();
    assert!(color.values.iter().all(|value| !value.is_extension));
}

#[tokio::test]
async fn tenants_with_the_same_models_share_their_types() {
    let fixture = Fixture::new().await;
    let (a, b) = (fixture.tenant("a").await, fixture.tenant("b").await);
    assert!(Arc::ptr_eq(&a.graph(), &b.graph()));
    b.extend_enum("Demo/Color", &[insert(9, "Own")])
        .await
        .unwrap();
    assert!(!Arc::ptr_eq(&a.graph(), &b.graph()));
    let system = |tenant: &Tenant| Arc::clone(&tenant.graph().models()[1]);
    assert!(
        Arc::ptr_eq(&system(&a), &system(&b)),
        "models are shared one by one"
    );
    let runtime = reopen(&fixture).await;
    let a = runtime.tenant(&"a".parse().unwrap()).await.unwrap();
    let b = runtime.tenant(&"b".parse().unwrap()).await.unwrap();
    assert!(Arc::ptr_eq(&system(&a), &system(&b)), "read from disk, too");
}
