//! Unique indexes of the model.

use octo_runtime::{ChangeSet, DeleteEntity, NewEntity, RuntimeError, UpdateEntity};

use crate::fixture::Fixture;

#[tokio::test]
async fn unique_values_are_unique_among_active_entities() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let person = |email: &str| NewEntity::of("Demo/Person").set("Email", email);
    let ada = tenant.insert(person("ada@x.org")).await.unwrap();
    let error = tenant.insert(person("ada@x.org")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "An entity of type 'Demo/Person' with Email 'ada@x.org' exists already ('{}'). The index of the model allows it only once.",
            ada.rt_id
        )
    );
    let twins = ChangeSet::new()
        .insert(person("t@x.org"))
        .insert(person("t@x.org"));
    assert!(matches!(
        tenant.apply(twins).await,
        Err(RuntimeError::Duplicate { .. })
    ));
    let bob = tenant.insert(person("bob@x.org")).await.unwrap();
    let rename = UpdateEntity::from_entity(&bob).set("Email", "ada@x.org");
    assert!(tenant.update(rename).await.is_err());
    let same = UpdateEntity::from_entity(&bob).set("Email", "bob@x.org");
    tenant.update(same).await.unwrap();

    tenant
        .delete(DeleteEntity::of("Demo/Person", ada.rt_id))
        .await
        .unwrap();
    tenant.insert(person("ada@x.org")).await.unwrap();
}
