//! Entities and models come back as they went.

use std::sync::Arc;

use octo_runtime::store::{
    EdgePage, EdgeQuery, EntityPatch, Filter, ModelState, StoreQuery, StoredModel, TypeScope,
    transact,
};
use octo_runtime::{
    Association, Attributes, BinaryInfo, DateTimeOffset, Direction, Entity, GeoPoint, Record, RtId,
    RtState, StoreError, Value,
};

use crate::samples::{Store, entity, graph, insert, things, tool};

fn everything() -> Attributes {
    let instant = "2024-02-29T23:59:59.999Z".parse().unwrap();
    let place = Record::of("Demo", "Address").set("City", "Graz");
    let item = Record::of("Demo", "Item")
        .set("Label", "one")
        .set("Tags", ["x"])
        .set("Place", place.clone());
    Attributes::new()
        .set("Name", "quotes \" ' \\ and \u{0} and \u{1F600}")
        .set("Size", i32::MIN)
        .set("Big", i64::MAX)
        .set("Weight", 0.1 + 0.2)
        .set("IsNew", false)
        .set("Bought", Value::DateTime(instant))
        .set(
            "Seen",
            DateTimeOffset {
                instant: "1969-12-31T23:59:59.9999999Z".parse().unwrap(),
                offset_minutes: -210,
            },
        )
        .set("Warranty", Value::TimeSpan(i64::MIN))
        .set("Paint", Value::Enum(2))
        .set("Tags", ["", "a"])
        .set("Numbers", Vec::<i32>::new())
        .set("Photo", (0..=255).collect::<Vec<u8>>())
        .set(
            "Manual",
            BinaryInfo {
                content_type: "text/plain".to_owned(),
                binary_id: RtId::generate(),
                filename: "a.txt".to_owned(),
                size: 1 << 40,
            },
        )
        .set(
            "Position",
            GeoPoint {
                longitude: -179.999_999_999,
                latitude: 90.0,
                altitude: Some(-1.5),
            },
        )
        .set("Home", place)
        .set(
            "Items",
            vec![item, Record::of("Demo", "Item").set("Label", "two")],
        )
}

pub(crate) async fn every_kind_of_value_survives(store: Store) {
    let graph = graph();
    let full = Entity {
        well_known_name: Some("known".to_owned()),
        display_name: Some("shown".to_owned()),
        display_description: Some("described".to_owned()),
        version: 7,
        state: RtState::Archived,
        archived: Some("2024-01-01T00:00:00.5Z".parse().unwrap()),
        ..entity("Demo/Tool", everything())
    };
    let empty = entity("Demo/Gadget", Attributes::new());
    insert(&store, &graph, &[full.clone(), empty.clone()]).await;
    assert_eq!(store.entity(&graph, full.rt_id).await.unwrap(), Some(full));
    assert_eq!(
        store.entity(&graph, empty.rt_id).await.unwrap(),
        Some(empty)
    );
    assert_eq!(store.entity(&graph, RtId::generate()).await.unwrap(), None);
}

pub(crate) async fn patches_write_what_they_name(store: Store) {
    let graph = graph();
    let before = entity("Demo/Tool", everything());
    insert(&store, &graph, std::slice::from_ref(&before)).await;
    let changed = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut patch = EntityPatch::touch(before.rt_id, 1, changed);
    patch.set.insert("Size", 5);
    patch.clear = vec!["Home".to_owned(), "Level".to_owned()];
    patch.well_known_name = Some(Some("known".to_owned()));
    let sent = patch.clone();
    transact::<(), StoreError>(store.as_ref(), Arc::clone(&graph), move |transaction| {
        transaction.patch(&sent)
    })
    .await
    .unwrap();
    let mut expected = before;
    expected.attributes.insert("Size", 5);
    expected.attributes.remove("Home");
    (expected.version, expected.changed) = (1, changed);
    expected.well_known_name = Some("known".to_owned());
    let stored = store.entity(&graph, expected.rt_id).await.unwrap();
    assert_eq!(stored, Some(expected));

    patch.rt_id = RtId::generate();
    let missing = transact::<(), StoreError>(store.as_ref(), graph, move |transaction| {
        transaction.patch(&patch)
    });
    assert!(missing.await.is_err());
}

pub(crate) async fn what_the_model_does_not_know_is_kept(store: Store) {
    let graph = graph();
    let mut old = tool("a");
    old.attributes.insert("Forgotten", vec![1, 2]);
    old.attributes.insert("Size", "a text from an older model");
    insert(&store, &graph, std::slice::from_ref(&old)).await;
    let mut patch = EntityPatch::touch(old.rt_id, 1, old.changed);
    patch.set.insert("Level", 1);
    transact::<(), StoreError>(store.as_ref(), Arc::clone(&graph), move |transaction| {
        transaction.patch(&patch)
    })
    .await
    .unwrap();
    let stored = store.entity(&graph, old.rt_id).await.unwrap().unwrap();
    assert_eq!(stored.attributes.ints("Forgotten"), [1, 2]);
    assert_eq!(
        stored.attributes.str("Size"),
        Some("a text from an older model")
    );
}

pub(crate) async fn models_are_kept_by_name(store: Store) {
    let model = |name: &str, state, document: &str| StoredModel {
        name: name.to_owned(),
        state,
        document: document.to_owned(),
    };
    let models = [
        model("B", ModelState::Importing, "1"),
        model("A", ModelState::Available, "2"),
        model("B", ModelState::ResolveFailed, "3"),
    ];
    let (second, third) = (models[1].clone(), models[2].clone());
    transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
        models
            .iter()
            .try_for_each(|model| transaction.put_model(model))
    })
    .await
    .unwrap();
    assert_eq!(store.models().await.unwrap(), [second, third]);
}

pub(crate) async fn batches_follow_the_order_of_ids(store: Store) {
    let mut entities: Vec<Entity> = (0..7).map(|n| tool(&n.to_string())).collect();
    entities[2].state = RtState::Archived;
    entities[5].state = RtState::Archived;
    insert(&store, &graph(), &entities).await;
    insert(
        &store,
        &graph(),
        &[entity("Demo/Gadget", tool("other").attributes)],
    )
    .await;
    let read = transact::<_, StoreError>(store.as_ref(), graph(), |transaction| {
        let ck_type = "Demo/Tool".parse().map_err(|_| StoreError::Closed)?;
        let mut batches = Vec::new();
        let mut after = None;
        loop {
            let batch = transaction.batch(&ck_type, after, 3)?;
            after = batch.last().map(|entity| entity.rt_id);
            if after.is_none() {
                return Ok(batches);
            }
            batches.push(batch);
        }
    });
    let batches = read.await.unwrap();
    let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(batches.concat(), entities);
}

pub(crate) async fn retyped_entities_are_found_as_what_they_are(store: Store) {
    let [tool, other] = [tool("a"), tool("b")];
    let person = entity("Demo/Person", Attributes::new().set("Email", "e"));
    insert(
        &store,
        &graph(),
        &[tool.clone(), other.clone(), person.clone()],
    )
    .await;
    let edge = |origin: &Entity, target: &Entity| {
        let role = "Demo/Likes".parse().unwrap();
        Association::new(origin.entity_ref(), role, target.entity_ref())
    };
    let edges = [
        edge(&person, &tool),
        edge(&tool, &person),
        edge(&other, &person),
    ];
    let id = tool.rt_id;
    let found = transact::<_, StoreError>(store.as_ref(), graph(), move |transaction| {
        edges
            .iter()
            .try_for_each(|edge| transaction.insert_edge(edge))?;
        let ck_type = "Demo/Folder".parse().map_err(|_| StoreError::Closed)?;
        transaction.retype(id, &ck_type)?;
        transaction.entity(id)
    });
    let found = found.await.unwrap().unwrap();
    let mut expected = tool.clone();
    expected.ck_type_id = "Demo/Folder".parse().unwrap();
    assert_eq!(found, expected, "nothing else changed");

    let scope = TypeScope {
        root: Some("Demo/Folder".parse().unwrap()),
        types: vec!["Demo/Folder".parse().unwrap()],
    };
    let page = store.query(&graph(), StoreQuery::of(scope)).await.unwrap();
    assert_eq!(page.items, [expected.clone()]);
    let left = store.query(&graph(), things(Filter::everything())).await;
    assert_eq!(left.unwrap().items, [other]);
    let edges = EdgeQuery {
        entities: vec![id],
        role: None,
        direction: Direction::Any,
    };
    let edges = store.edges(&graph(), edges, EdgePage::all()).await;
    for edge in edges.unwrap() {
        let end = if edge.origin.rt_id == id {
            edge.origin
        } else {
            edge.target
        };
        assert_eq!(end, expected.entity_ref());
    }
}

pub(crate) async fn a_closed_store_refuses_work(store: Store) {
    let graph = graph();
    store.close().await.unwrap();
    store.close().await.unwrap();
    let read = store.query(&graph, things(Filter::everything())).await;
    assert!(matches!(read, Err(StoreError::Closed)));
    let write = transact::<(), StoreError>(store.as_ref(), graph, |transaction| {
        transaction.insert(&tool("a"))
    });
    assert!(matches!(write.await, Err(StoreError::Closed)));
}

pub(crate) async fn many_entities_are_added_and_found_by_id(store: Store) {
    let graph = graph();
    let all: Vec<Entity> = (0..600).map(|n| tool(&n.to_string())).collect();
    let mut ids: Vec<RtId> = all.iter().map(|entity| entity.rt_id).collect();
    let kept = ids.clone();
    let (taken, found) =
        transact::<_, StoreError>(store.as_ref(), Arc::clone(&graph), move |transaction| {
            assert_eq!(transaction.taken_ids(&ids)?, []);
            transaction.insert_all(&all)?;
            ids.push(RtId::generate());
            let mut query = things(Filter::everything());
            query.take = Some(2);
            Ok((transaction.taken_ids(&ids)?, transaction.find_ids(&query)?))
        })
        .await
        .unwrap();
    let mut taken = taken;
    taken.sort();
    assert_eq!(taken, kept);
    assert_eq!(found, kept[..2]);
    let twice = tool("twice");
    let result = transact::<(), StoreError>(store.as_ref(), graph, move |transaction| {
        transaction.insert_all(&[twice.clone(), twice.clone()])
    });
    assert!(result.await.is_err());
}
