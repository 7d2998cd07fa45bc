//! Files that values refer to.

use octo_runtime::store::{StoredBinary, transact};
use octo_runtime::{
    BinaryContent, BinaryInfo, ChangeSet, DeleteEntity, Entity, NewBinary, NewEntity,
    RestoreEntity, RtId, RuntimeError, StoreError, Tenant, UpdateEntity, Value,
};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;

const TOOL: &str = "Demo/Tool";

fn file(key: &str, content: &str) -> NewBinary {
    let bytes = BinaryContent::Bytes(content.as_bytes().into());
    NewBinary::new(
        key,
        format!("{key}.txt"),
        "text/plain",
        content.len() as u64,
        bytes,
    )
}

fn upload(key: &str) -> Json {
    json!({"transferId": key})
}

fn of(entity: &Entity) -> BinaryInfo {
    match entity.attributes.get("Manual") {
        Some(Value::BinaryLinked(info)) => info.clone(),
        other => panic!("{other:?}"),
    }
}

fn tool(name: &str) -> NewEntity {
    NewEntity::of(TOOL).set("Name", name)
}

async fn tool_with(tenant: &Tenant, content: &str) -> Entity {
    let changes = ChangeSet::new()
        .insert(tool("with a file").assign("manual", upload("a")))
        .add_binary(file("a", content));
    tenant.apply(changes).await.unwrap().inserted.remove(0)
}

async fn update(
    tenant: &Tenant,
    entity: &Entity,
    path: &str,
    value: Json,
    files: Vec<NewBinary>,
) -> Result<Entity, RuntimeError> {
    let update = UpdateEntity::from_entity(entity).assign(path, value);
    let changes = ChangeSet::new().update(update);
    let changes = files.into_iter().fold(changes, ChangeSet::add_binary);
    Ok(tenant.apply(changes).await?.updated.remove(0))
}

async fn read(tenant: &Tenant, owner: &Entity, id: RtId) -> Option<String> {
    let part = tenant.binary_part(owner.rt_id, id, 0).await.unwrap();
    part.map(|bytes| String::from_utf8(bytes).unwrap())
}

async fn refused(result: Result<Entity, RuntimeError>, part: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(part), "{error}");
}

#[tokio::test]
async fn a_file_comes_with_its_value_and_goes_with_it() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let entity = tool_with(&tenant, "first").await;
    let first = of(&entity);
    assert_eq!((first.filename.as_str(), first.size), ("a.txt", 5));
    assert_eq!(first.content_type, "text/plain");
    assert_eq!(
        read(&tenant, &entity, first.binary_id).await.as_deref(),
        Some("first")
    );

    // Another value, or the same again, does not touch it.
    let entity = update(&tenant, &entity, "size", json!(1), vec![])
        .await
        .unwrap();
    let same = serde_json::to_value(&first).unwrap();
    let entity = update(&tenant, &entity, "manual", same.clone(), vec![])
        .await
        .unwrap();
    assert_eq!(of(&entity), first);
    let mut renamed = same.clone();
    renamed["filename"] = json!("b.txt");
    let entity = update(&tenant, &entity, "manual", renamed, vec![])
        .await
        .unwrap();
    assert_eq!(of(&entity).filename, "b.txt");
    assert_eq!(
        read(&tenant, &entity, first.binary_id).await.as_deref(),
        Some("first")
    );

    let replaced = update(
        &tenant,
        &entity,
        "manual",
        upload("b"),
        vec![file("b", "second")],
    );
    let entity = replaced.await.unwrap();
    let second = of(&entity).binary_id;
    assert_eq!(
        read(&tenant, &entity, second).await.as_deref(),
        Some("second")
    );
    assert_eq!(tenant.store().binary(first.binary_id).await.unwrap(), None);
    refused(
        update(&tenant, &entity, "manual", same, vec![]).await,
        "Stream data is missing for entity with id 'Demo/Tool@",
    )
    .await;
    let entity = update(&tenant, &entity, "manual", Json::Null, vec![])
        .await
        .unwrap();
    assert!(!entity.attributes.contains("Manual"));
    assert_eq!(tenant.store().binary(second).await.unwrap(), None);
}

#[tokio::test]
async fn files_stay_with_archived_entities_and_go_with_erased_ones() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let entity = tool_with(&tenant, "kept").await;
    let id = of(&entity).binary_id;
    tenant
        .delete(DeleteEntity::of(TOOL, entity.rt_id))
        .await
        .unwrap();
    assert_eq!(read(&tenant, &entity, id).await.as_deref(), Some("kept"));
    tenant
        .restore(RestoreEntity::of(TOOL, entity.rt_id))
        .await
        .unwrap();
    assert_eq!(read(&tenant, &entity, id).await.as_deref(), Some("kept"));
    let erase = DeleteEntity::of(TOOL, entity.rt_id).erase();
    tenant.delete(erase).await.unwrap();
    assert_eq!(tenant.store().binary(id).await.unwrap(), None);
}

#[tokio::test]
async fn a_failed_change_leaves_no_file_and_loses_none() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let entity = tool_with(&tenant, "first").await;
    let (offered, old) = (file("b", "second"), of(&entity).binary_id);
    let new = offered.info().binary_id;
    let update = UpdateEntity::from_entity(&entity).assign("manual", upload("b"));
    for wrong in [
        update.clone().assign("size", json!("large")),
        update.clone().expect_version(7),
        update.clone().clear("Name"),
    ] {
        let changes = ChangeSet::new().update(wrong).add_binary(offered.clone());
        assert!(tenant.apply(changes).await.is_err());
    }
    // Found out while writing: somebody has the email, the content is not what it should be.
    let person = |email: &str| NewEntity::of("Demo/Person").set("Email", email);
    tenant.insert(person("ada")).await.unwrap();
    let changes = ChangeSet::new()
        .update(update.clone())
        .insert(person("ada"));
    assert!(
        tenant
            .apply(changes.add_binary(offered.clone()))
            .await
            .is_err()
    );
    let missing = BinaryContent::File(fixture.folder.path().join("nothing"));
    for (size, content) in [
        (4, BinaryContent::Bytes(b"abc".as_slice().into())),
        (2, BinaryContent::Bytes(b"abc".as_slice().into())),
        (3, missing),
    ] {
        let broken = NewBinary::new("b", "b.txt", "text/plain", size, content);
        let id = broken.info().binary_id;
        let changes = ChangeSet::new().update(update.clone()).add_binary(broken);
        assert!(tenant.apply(changes).await.is_err());
        assert_eq!(tenant.store().binary(id).await.unwrap(), None);
    }
    assert_eq!(tenant.store().binary(new).await.unwrap(), None);
    assert_eq!(read(&tenant, &entity, old).await.as_deref(), Some("first"));
    let stored = tenant.get(TOOL, entity.rt_id).await.unwrap();
    assert_eq!(stored, Some(entity));
    // What no value refers to is not stored.
    let unused = ChangeSet::new().insert(tool("x")).add_binary(offered);
    tenant.apply(unused).await.unwrap();
    assert_eq!(tenant.store().binary(new).await.unwrap(), None);
}

#[tokio::test]
async fn values_cannot_reach_into_files_of_others() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let other_tenant = fixture.tenant("other").await;
    let (mine, theirs) = (
        tool_with(&tenant, "mine").await,
        tool_with(&tenant, "theirs").await,
    );
    let elsewhere = tool_with(&other_tenant, "elsewhere").await;
    let info = serde_json::to_value(of(&theirs)).unwrap();
    let foreign = "belongs to another entity";
    refused(
        update(&tenant, &mine, "manual", info.clone(), vec![]).await,
        foreign,
    )
    .await;
    refused(
        tenant
            .insert(tool("x").assign("manual", info.clone()))
            .await,
        foreign,
    )
    .await;
    assert_eq!(read(&tenant, &mine, of(&theirs).binary_id).await, None);
    let info = serde_json::to_value(of(&elsewhere)).unwrap();
    let missing = "Stream data is missing for entity with id";
    refused(
        update(&tenant, &mine, "manual", info, vec![]).await,
        missing,
    )
    .await;
    let mut info = serde_json::to_value(of(&mine)).unwrap();
    info["size"] = json!(5);
    refused(
        update(&tenant, &mine, "manual", info, vec![]).await,
        "has 4 bytes, not 5",
    )
    .await;
    let unknown = update(&tenant, &mine, "manual", upload("c"), vec![file("b", "")]);
    refused(
        unknown.await,
        "Upload 'c' of attribute 'manual' not found or expired.",
    )
    .await;
    // One file for two entities.
    let both = ["x", "y"].map(|name| tool(name).assign("manual", upload("b")));
    let changes = both.into_iter().fold(ChangeSet::new(), ChangeSet::insert);
    let error = tenant
        .apply(changes.add_binary(file("b", "b")))
        .await
        .unwrap_err();
    assert!(error.to_string().contains(foreign), "{error}");
    assert_eq!(
        read(&tenant, &mine, of(&mine).binary_id).await.as_deref(),
        Some("mine")
    );
    let too_large = BinaryContent::Bytes(b"abc".as_slice().into());
    let too_large = NewBinary::new("b", "b.iso", "x/y", 64 * 1024 * 1024 + 1, too_large);
    let refused_size = update(&tenant, &mine, "manual", upload("b"), vec![too_large]).await;
    refused(refused_size, "at most 67108864").await;
}

#[tokio::test]
async fn unclaimed_files_can_be_referred_to_by_one_entity() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let free = StoredBinary {
        id: RtId::generate(),
        owner: None,
        content_type: "text/plain".to_owned(),
        filename: "free.txt".to_owned(),
        size: 4,
    };
    let stored = free.clone();
    transact::<(), StoreError>(
        tenant.store().as_ref(),
        tenant.graph(),
        move |transaction| transaction.put_binary(&stored, &mut &b"free"[..]),
    )
    .await
    .unwrap();
    let info = json!({
        "contentType": "text/plain", "binaryId": free.id, "filename": "free.txt", "size": 4,
    });
    let both = ["x", "y"].map(|name| tool(name).assign("manual", info.clone()));
    let changes = both.into_iter().fold(ChangeSet::new(), ChangeSet::insert);
    assert!(tenant.apply(changes).await.is_err());
    let owner = tenant
        .insert(tool("x").assign("manual", info.clone()))
        .await
        .unwrap();
    assert_eq!(
        read(&tenant, &owner, free.id).await.as_deref(),
        Some("free")
    );
    assert!(
        tenant
            .insert(tool("y").assign("manual", info))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn files_are_found_by_the_paths_of_their_values() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let items = json!([
        {"label": "a", "scan": upload("a")}, {"label": "none"}, {"label": "b", "scan": upload("b")},
    ]);
    let new = tool("with scans")
        .assign("items", items)
        .assign("manual", upload("a"));
    let changes = ChangeSet::new()
        .insert(new)
        .add_binary(file("a", "one"))
        .add_binary(file("b", "two"));
    let entity = tenant.apply(changes).await.unwrap().inserted.remove(0);
    let name = |path: &str| {
        let found = tenant.linked_binary(&entity, path);
        found.map(|info| info.map(|info| info.filename))
    };
    let (a, b) = (Some("a.txt".to_owned()), Some("b.txt".to_owned()));
    for (path, expected) in [
        ("manual", &a),
        (" Items[0].Scan ", &a),
        ("items[2].scan", &b),
        ("items[-1].scan", &b),
        ("items[1].scan", &None),
        ("items[7].scan", &None),
    ] {
        assert_eq!(name(path).unwrap(), *expected, "{path}");
    }
    for (path, problem) in [
        ("items.scan", "leads to 2 files"),
        ("name", "does not lead to a linked binary"),
        ("rtId", "does not lead to a linked binary"),
        ("manuel", "Did you mean 'manual'?"),
        ("items[0].", "Empty paths"),
    ] {
        let error = name(path).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    // An element goes with its file; a file another value refers to stays.
    let rest = json!([{"label": "none"}]);
    let entity = update(&tenant, &entity, "items", rest, vec![])
        .await
        .unwrap();
    assert_eq!(
        read(&tenant, &entity, of(&entity).binary_id)
            .await
            .as_deref(),
        Some("one")
    );
}
