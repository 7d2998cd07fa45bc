//! Creating, finding and removing tenants.

use octo_runtime::{
    ChildrenQuery, EntityQuery, NewEntity, Runtime, RuntimeConfig, RuntimeError, TenantId,
};

use crate::fixture::{self, Fixture};

fn id(text: &str) -> TenantId {
    text.parse().unwrap()
}

#[tokio::test]
async fn the_system_tenant_is_there_from_the_start() {
    let fixture = Fixture::new().await;
    let system = fixture.runtime.system_tenant();
    assert_eq!(system.id().as_str(), "octosystem");
    assert_eq!(system.model("System").unwrap().to_string(), "System-2.2.2");
    assert_eq!(fixture.runtime.parent_of(system.id()).await.unwrap(), None);
    assert_eq!(fixture.files(), ["octosystem.db"]);
}

#[tokio::test]
async fn tenants_and_their_data_survive_a_restart() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let created = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "hammer"))
        .await
        .unwrap();
    fixture.runtime.close().await;
    assert!(matches!(
        tenant.get("Demo/Tool", created.rt_id).await,
        Err(RuntimeError::TenantUnknown(_))
    ));
    let runtime = Runtime::open(RuntimeConfig::new(fixture.folder.path()))
        .await
        .unwrap();
    let tenant = runtime.tenant(&id("ACME")).await.unwrap();
    let found = tenant.get("Demo/Tool", created.rt_id).await.unwrap();
    assert_eq!(found, Some(created));
}

#[tokio::test]
async fn two_tenants_never_see_each_others_data() {
    let fixture = Fixture::new().await;
    let (a, b) = (fixture.tenant("a").await, fixture.tenant("b").await);
    let created = a
        .insert(NewEntity::of("Demo/Tool").set("Name", "mine"))
        .await
        .unwrap();
    assert_eq!(b.get("Demo/Tool", created.rt_id).await.unwrap(), None);
    let page = b.query(fixture::data()).await.unwrap();
    assert_eq!(page.total, 0);
}

#[tokio::test]
async fn names_are_unique_over_the_platform_and_some_are_reserved() {
    let fixture = Fixture::new().await;
    let system = fixture.system();
    fixture.tenant("acme").await;
    let create = async |child: &str, database: &str| {
        let (child, database) = (id(child), database.parse().unwrap());
        let created = fixture.runtime.create_tenant(&system, &child, &database);
        created.await.unwrap_err().to_string()
    };
    assert_eq!(
        create("Acme", "other").await,
        "Tenant ID 'acme' is already in use."
    );
    assert_eq!(
        create("octosystem", "other").await,
        "Tenant ID 'octosystem' is already in use."
    );
    for database in ["acme", "octosystem", "admin", "local", "config"] {
        assert_eq!(
            create("other", database).await,
            format!("Database name '{database}' is not available.")
        );
    }
    assert_eq!(fixture.files(), ["acme.db", "octosystem.db"]);
    let missing = fixture
        .runtime
        .create_tenant(&id("nobody"), &id("x"), &"x".parse().unwrap())
        .await;
    assert_eq!(
        missing.unwrap_err().to_string(),
        "Tenant 'nobody' does not exist."
    );
}

#[tokio::test]
async fn a_failed_creation_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    // The database can be built, but the parent's own registry no longer takes the record.
    let parent = fixture.tenant("parent").await;
    parent.store().close().await.unwrap();
    let failed = fixture
        .runtime
        .create_tenant(&id("parent"), &id("child"), &"child".parse().unwrap())
        .await;
    assert_eq!(
        failed.unwrap_err().to_string(),
        "Tenant 'parent' does not exist."
    );
    assert_eq!(fixture.files(), ["octosystem.db", "parent.db"]);
    assert!(fixture.runtime.tenant(&id("child")).await.is_err());
}

#[tokio::test]
async fn of_several_creations_of_one_tenant_one_succeeds() {
    let fixture = Fixture::new().await;
    let mut creations = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (runtime, system) = (fixture.runtime.clone(), fixture.system());
        creations.spawn(async move {
            let database = format!("db{number}").parse().unwrap();
            runtime.create_tenant(&system, &id("acme"), &database).await
        });
    }
    let results = creations.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(fixture.files().len(), 2);
}

#[tokio::test]
async fn children_are_listed_by_parent_and_the_system_tenant_sees_all() {
    let fixture = Fixture::new().await;
    let runtime = &fixture.runtime;
    fixture.tenant("b").await;
    for child in ["a1", "a2", "a3"] {
        runtime
            .create_tenant(&id("b"), &id(child), &child.parse().unwrap())
            .await
            .unwrap();
    }
    let listed = async |parent: &str, query: ChildrenQuery| {
        let page = runtime.children(&id(parent), query).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|t| t.id.to_string()).collect();
        (ids.join(" "), page.total)
    };
    let all = ChildrenQuery::default;
    assert_eq!(listed("octosystem", all()).await, ("a1 a2 a3 b".into(), 4));
    assert_eq!(listed("b", all()).await, ("a1 a2 a3".into(), 3));
    assert_eq!(listed("a1", all()).await, (String::new(), 0));
    let page = ChildrenQuery {
        skip: 1,
        take: Some(1),
        filter: Some("A".to_owned()),
    };
    assert_eq!(listed("octosystem", page).await, ("a2".into(), 3));

    assert_eq!(runtime.parent_of(&id("a1")).await.unwrap(), Some(id("b")));
    assert_eq!(
        runtime.ancestors(&id("a1")).await.unwrap(),
        [id("b"), id("octosystem")]
    );
    // The record in the parent's own database carries no parent.
    let parent = runtime.tenant(&id("b")).await.unwrap();
    let own = parent
        .query(EntityQuery::of("System/Tenant"))
        .await
        .unwrap();
    assert_eq!(own.total, 3);
    assert!(
        own.items
            .iter()
            .all(|e| !e.attributes.contains("ParentTenantId"))
    );
}

#[tokio::test]
async fn deleting_removes_record_and_database_but_not_with_children() {
    let fixture = Fixture::new().await;
    let (runtime, system) = (&fixture.runtime, fixture.system());
    let parent = fixture.tenant("parent").await;
    runtime
        .create_tenant(&id("parent"), &id("child"), &"childdb".parse().unwrap())
        .await
        .unwrap();
    let refused = runtime.delete_tenant(&system, &id("parent")).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "Tenant 'parent' has child tenants (child). Delete or detach them first."
    );
    let foreign = runtime.delete_tenant(&id("child"), &id("parent")).await;
    assert_eq!(
        foreign.unwrap_err().to_string(),
        "Tenant 'parent' does not exist."
    );

    runtime
        .delete_tenant(&id("parent"), &id("child"))
        .await
        .unwrap();
    let own = parent
        .query(EntityQuery::of("System/Tenant"))
        .await
        .unwrap();
    assert_eq!(own.total, 0);
    runtime.delete_tenant(&system, &id("parent")).await.unwrap();
    assert_eq!(fixture.files(), ["octosystem.db"]);
    assert!(matches!(
        runtime.tenant(&id("parent")).await,
        Err(RuntimeError::TenantUnknown(_))
    ));
    let late = parent
        .insert(NewEntity::of("Demo/Tool").set("Name", "x"))
        .await;
    assert_eq!(
        late.unwrap_err().to_string(),
        "Tenant 'parent' does not exist."
    );
    fixture.tenant("parent").await;
}

#[tokio::test]
async fn a_detached_database_can_be_attached_again() {
    let fixture = Fixture::new().await;
    let (runtime, system) = (&fixture.runtime, fixture.system());
    let created = fixture
        .tenant("acme")
        .await
        .insert(NewEntity::of("Demo/Tool").set("Name", "kept"))
        .await
        .unwrap();
    runtime.detach_tenant(&system, &id("acme")).await.unwrap();
    assert!(runtime.tenant(&id("acme")).await.is_err());
    assert_eq!(fixture.files(), ["acme.db", "octosystem.db"]);

    let database = "acme".parse().unwrap();
    let taken = runtime.create_tenant(&system, &id("acme"), &database).await;
    assert_eq!(
        taken.unwrap_err().to_string(),
        "Database name 'acme' is not available."
    );
    let missing = runtime
        .attach_tenant(&system, &id("x"), &"nowhere".parse().unwrap())
        .await;
    assert_eq!(
        missing.unwrap_err().to_string(),
        "Database name 'nowhere' is not available."
    );
    let tenant = runtime
        .attach_tenant(&system, &id("renamed"), &database)
        .await
        .unwrap();
    let found = tenant.get("Demo/Tool", created.rt_id).await.unwrap();
    assert_eq!(found, Some(created));
}

#[tokio::test]
async fn cleaning_leaves_a_tenant_with_system_only() {
    let fixture = Fixture::new().await;
    let (runtime, system) = (&fixture.runtime, fixture.system());
    let old = fixture.tenant("acme").await;
    old.insert(NewEntity::of("Demo/Tool").set("Name", "x"))
        .await
        .unwrap();
    let tenant = runtime.clean_tenant(&system, &id("acme")).await.unwrap();
    assert_eq!(tenant.models().await.unwrap().len(), 1);
    let all = tenant.query(fixture::data()).await.unwrap();
    assert_eq!(all.total, 0);
    assert!(old.models().await.is_err());
    assert_eq!(fixture.files(), ["acme.db", "octosystem.db"]);
    assert!(runtime.clean_tenant(&system, &id("nobody")).await.is_err());
}

#[tokio::test]
async fn clearing_the_cache_keeps_types_and_ignores_unknown_tenants() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    fixture.runtime.clear_cache(&id("acme")).await.unwrap();
    fixture.runtime.clear_cache(&id("nobody")).await.unwrap();
    assert!(tenant.graph().find_type("Demo/Tool").is_ok());
}

#[tokio::test]
async fn leftovers_of_a_crash_are_swept_at_the_next_start() {
    let fixture = Fixture::new().await;
    fixture.runtime.close().await;
    let tenants = fixture.folder.path().join("tenants");
    for leftover in ["0123.leftover", "0123.leftover-wal"] {
        std::fs::write(tenants.join(leftover), "half").unwrap();
    }
    Runtime::open(RuntimeConfig::new(fixture.folder.path()))
        .await
        .unwrap();
    assert_eq!(fixture.files(), ["octosystem.db"]);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let fixture = Fixture::new().await;
    fixture.runtime.close().await;
    let path = fixture.folder.path().join("tenants/octosystem.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = Runtime::open(RuntimeConfig::new(fixture.folder.path())).await;
    assert!(refused.unwrap_err().to_string().contains("has layout 99"));
}
