//! A model in two versions, and scripts between them.

use std::sync::Arc;

use octo_ck::CompiledModel;
use octo_ck::model::CkMigrations;
use octo_runtime::{Entity, EntityQuery, ModelImport, NewEntity, RuntimeError, SortOrder, Tenant};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;
use crate::model::compiled;

const COMMON: &str = "
enums:
- enumId: State
  isExtensible: true
  values: [ { key: 0, name: Open }, { key: 1, name: Done } ]
records:
- recordId: Link
  attributes:
    - { id: '${this}/Address', name: Address }
    - { id: '${this}/Origin', name: Origin, isOptional: true }
    - { id: '${this}/Rank', name: Rank }
associationRoles:
- { id: Has, inboundName: Owners, inboundMultiplicity: N, outboundName: Has, outboundMultiplicity: N }
attributes:
- { id: Name, valueType: String }
- { id: Title, valueType: String }
- { id: Number, valueType: Int }
- { id: Amount, valueType: Double }
- { id: Since, valueType: DateTime }
- { id: Started, valueType: DateTime }
- { id: Texts, valueType: StringArray }
- { id: Links, valueType: RecordArray, valueCkRecordId: '${this}/Link' }
- { id: State, valueType: Enum, valueCkEnumId: '${this}/State' }
- { id: Code, valueType: String, defaultValues: [ none ] }
- { id: Address, valueType: String }
- { id: Origin, valueType: String }
- { id: Scan, valueType: BinaryLinked }
- { id: Copy, valueType: BinaryLinked }
- { id: Rank, valueType: Int, defaultValues: [ 1 ] }
";

const FIRST: &str = "
types:
- typeId: Article
  derivedFromCkTypeId: ${System}/Entity
  displayNameRule: 'Article ${Name}'
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
    - { id: '${this}/Number', name: Number, isOptional: true }
    - { id: '${this}/Since', name: Since, isOptional: true }
    - { id: '${this}/Texts', name: Links, isOptional: true }
    - { id: '${this}/State', name: State, isOptional: true }
- typeId: Special
  derivedFromCkTypeId: ${this}/Article
- typeId: Legacy
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
    - { id: '${this}/Since', name: Since, isOptional: true }
    - { id: '${this}/Number', name: Amount, isOptional: true }
- typeId: Older
  derivedFromCkTypeId: ${this}/Legacy
- typeId: Owner
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
  associations:
    - { id: '${this}/Has', targetCkTypeId: '${this}/Legacy' }
";

const SECOND: &str = "
types:
- typeId: Article
  derivedFromCkTypeId: ${System}/Entity
  displayNameRule: '${Title ?? Name} (${State})'
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
    - { id: '${this}/Title', name: Title, isOptional: true }
    - { id: '${this}/Number', name: Number, isOptional: true }
    - { id: '${this}/Amount', name: Amount, isOptional: true }
    - { id: '${this}/Started', name: Started, isOptional: true }
    - { id: '${this}/Links', name: Links, isOptional: true }
    - { id: '${this}/State', name: State, isOptional: true }
- typeId: Special
  derivedFromCkTypeId: ${this}/Article
- typeId: Modern
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
    - { id: '${this}/Started', name: Started, isOptional: true }
    - { id: '${this}/Amount', name: Amount, isOptional: true }
    - { id: '${this}/Code', name: Code }
  indexes:
    - { indexType: UniqueNotDeleted, fields: [ { attributePaths: [ Name ] } ] }
- typeId: Owner
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name }
  associations:
    - { id: '${this}/Has', targetCkTypeId: '${this}/Modern' }
";

/// `Shop-1.0.0`.
pub(super) fn first() -> Arc<CompiledModel> {
    model("1.0.0", FIRST, &[])
}

/// `Shop-2.0.0` with one script from 1.0.0.
pub(super) fn second(script: &Json) -> Arc<CompiledModel> {
    model("2.0.0", SECOND, &[("1.0.0", "2.0.0", script.clone())])
}

/// `Shop` with the types of 2.0.0.
pub(super) fn later(version: &str, scripts: &[(&str, &str, Json)]) -> Arc<CompiledModel> {
    model(version, SECOND, scripts)
}

/// `Shop` with other types.
pub(super) fn with_types(
    version: &str,
    types: &str,
    scripts: &[(&str, &str, Json)],
) -> Arc<CompiledModel> {
    model(version, types, scripts)
}

fn model(version: &str, types: &str, scripts: &[(&str, &str, Json)]) -> Arc<CompiledModel> {
    let elements = format!("{COMMON}{types}");
    let mut model = Arc::unwrap_or_clone(compiled(&format!("Shop-{version}"), &elements));
    model.migrations = (!scripts.is_empty()).then(|| migrations(scripts));
    Arc::new(model)
}

fn migrations(scripts: &[(&str, &str, Json)]) -> CkMigrations {
    let entries = scripts.iter().map(|(from, to, _)| {
        json!({"fromVersion": from, "toVersion": to, "scriptPath": format!("{from}.yaml")})
    });
    let entries: Vec<Json> = entries.collect();
    let scripts: Vec<&Json> = scripts.iter().map(|(_, _, script)| script).collect();
    serde_json::from_value(json!({
        "meta": {"ckModelId": "Shop", "migrations": entries},
        "scripts": scripts,
    }))
    .unwrap()
}

/// A script of steps.
pub(super) fn steps(steps: Json) -> Json {
    let mut steps = steps;
    for (at, step) in steps.as_array_mut().unwrap().iter_mut().enumerate() {
        step["stepId"] = json!(format!("step{}", at + 1));
    }
    json!({"steps": steps})
}

/// A `Transform` step for all articles.
pub(super) fn transform(transform: Json) -> Json {
    json!({"action": "Transform", "target": {"ckTypeId": "Shop/Article"}, "transform": transform})
}

/// A tenant with `Shop-1.0.0` and the given entities.
pub(super) async fn tenant(fixture: &Fixture, entities: Vec<NewEntity>) -> Arc<Tenant> {
    let tenant = fixture.runtime.system_tenant();
    tenant.import_models(vec![first()]).await.unwrap();
    for entity in entities {
        tenant.insert(entity).await.unwrap();
    }
    tenant
}

/// Imports the second version with these steps.
pub(super) async fn migrate(tenant: &Tenant, list: Json) -> Result<ModelImport, RuntimeError> {
    tenant.import_models(vec![second(&steps(list))]).await
}

/// All entities of a type in the order of their ids, archived ones included.
pub(super) async fn all(tenant: &Tenant, ck_type: &str) -> Vec<Entity> {
    let query = EntityQuery::of(ck_type).sort("rtId", SortOrder::Ascending);
    tenant.query(query.include_archived()).await.unwrap().items
}

/// The only entity of a type.
pub(super) async fn only(tenant: &Tenant, ck_type: &str) -> Entity {
    let mut all = all(tenant, ck_type).await;
    assert_eq!(all.len(), 1, "{ck_type}");
    all.pop().unwrap()
}

/// An article with a name.
pub(super) fn article(name: &str) -> NewEntity {
    NewEntity::of("Shop/Article").set("Name", name)
}

/// Names of the entities of a type for which a test holds.
pub(super) async fn names(
    tenant: &Tenant,
    ck_type: &str,
    test: impl Fn(&Entity) -> bool,
) -> Vec<String> {
    let all = all(tenant, ck_type).await.into_iter();
    all.filter(test)
        .filter_map(|entity| entity.attributes.str("Name").map(str::to_owned))
        .collect()
}
