//! Archived entities that come back.

use octo_runtime::{
    ChangeSet, DeleteEntity, Direction, Entity, EntityQuery, NewEntity, RestoreEntity, RtId,
    RuntimeError, Tenant, UpdateEntity,
};

use crate::fixture::Fixture;

const PARENT_CHILD: &str = "System/ParentChild";

async fn insert(tenant: &Tenant, entity: NewEntity) -> Entity {
    tenant.insert(entity).await.unwrap()
}

async fn archive(tenant: &Tenant, entity: &Entity) -> Entity {
    let delete = DeleteEntity::of(entity.ck_type_id.to_string(), entity.rt_id);
    tenant.delete(delete).await.unwrap().entity
}

fn person(email: &str) -> NewEntity {
    NewEntity::of("Demo/Person").set("Email", email)
}

#[tokio::test]
async fn a_restored_entity_is_as_before_but_newer() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let ada = insert(&tenant, person("ada").well_known_name("ada")).await;
    archive(&tenant, &ada).await;
    let stale = RestoreEntity::of("Demo/Person", ada.rt_id).expect_version(0);
    let error = tenant.restore(stale).await.unwrap_err();
    assert_eq!(error.as_conflict().unwrap().current, 1);

    let restore = RestoreEntity::of("System/Entity", ada.rt_id).expect_version(1);
    let restored = tenant.restore(restore).await.unwrap();
    assert!(restored.missing.is_empty());
    let now = tenant.get("Demo/Person", ada.rt_id).await.unwrap().unwrap();
    assert_eq!(restored.entity, now);
    assert_eq!((now.version, now.archived), (2, None));
    assert_eq!(now.attributes, ada.attributes);
    assert_eq!(now.display_name, ada.display_name);
    assert_eq!(now.created, ada.created);
    let found = tenant.query(EntityQuery::of("Demo/Person").eq("email", "ada"));
    assert_eq!(found.await.unwrap().total, 1);
}

#[tokio::test]
async fn only_archived_entities_are_restored_and_once_per_set() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let ada = insert(&tenant, person("ada")).await;
    let restore = || RestoreEntity::of("Demo/Person", ada.rt_id);
    let error = tenant.restore(restore()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Entity 'Demo/Person@{}' is not archived, there is nothing to restore.",
            ada.rt_id
        )
    );
    let unknown = RestoreEntity::of("Demo/Person", RtId::generate());
    assert!(matches!(
        tenant.restore(unknown).await,
        Err(RuntimeError::EntityMissing { .. })
    ));
    archive(&tenant, &ada).await;
    let other_type = RestoreEntity::of("Demo/Tool", ada.rt_id);
    assert!(matches!(
        tenant.restore(other_type).await,
        Err(RuntimeError::EntityMissing { .. })
    ));
    let twice = ChangeSet::new().restore(restore()).restore(restore());
    assert!(tenant.apply(twice).await.is_err());
    let change = UpdateEntity::from_entity(&ada).set("Name", "Ada");
    let error = tenant.update(change).await.unwrap_err();
    assert!(error.to_string().contains("it is archived"), "{error}");
}

#[tokio::test]
async fn a_value_taken_meanwhile_keeps_the_entity_archived() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let ada = insert(&tenant, person("ada")).await;
    archive(&tenant, &ada).await;
    insert(&tenant, person("ada")).await;
    let restore = RestoreEntity::of("Demo/Person", ada.rt_id);
    assert!(matches!(
        tenant.restore(restore).await,
        Err(RuntimeError::Duplicate { .. })
    ));
    assert_eq!(tenant.get("Demo/Person", ada.rt_id).await.unwrap(), None);
}

#[tokio::test]
async fn lost_associations_are_reported_or_given_anew() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let folder = insert(&tenant, NewEntity::of("Demo/Folder").set("Name", "root")).await;
    let document = NewEntity::of("Demo/Document").set("Name", "a");
    let changes = ChangeSet::new()
        .associate(&document, PARENT_CHILD, &folder)
        .insert(document);
    let document = tenant.apply(changes).await.unwrap().inserted.remove(0);
    let restore = || RestoreEntity::of("Demo/Document", document.rt_id);

    archive(&tenant, &document).await;
    let restored = tenant.restore(restore()).await.unwrap();
    let [missing] = restored.missing.as_slice() else {
        panic!("{restored:?}");
    };
    assert_eq!(missing.role.to_string(), PARENT_CHILD);
    assert_eq!(missing.direction, Direction::Outbound);
    assert_eq!(missing.partner.to_string(), "Demo/Folder");

    archive(&tenant, &document).await;
    let changes = ChangeSet::new()
        .restore(restore())
        .associate(&document, PARENT_CHILD, &folder);
    let applied = tenant.apply(changes).await.unwrap();
    assert!(applied.restored[0].missing.is_empty());
    assert_eq!(applied.associated.len(), 1);
}
