//! Text search, attribute search and search around a point.

use octo_runtime::{
    AttributeSearch, EntityQuery, GeoPoint, Near, NewEntity, Record, RuntimeError, SortOrder,
    Tenant, TextQuery,
};

use crate::fixture::Fixture;

async fn tools(tenant: &Tenant) {
    let tool = |name: &str| NewEntity::of("Demo/Tool").set("Name", name);
    let point = |longitude, latitude| GeoPoint {
        longitude,
        latitude,
        altitude: None,
    };
    let item = Record::of("Demo", "Item").set("Label", "spare pumps");
    let paint = octo_runtime::Value::Enum(1);
    for tool in [
        tool("Water pump")
            .set("Size", 7)
            .set("Position", point(16.3738, 48.2082)),
        tool("Hammer")
            .set("Tags", ["pump", "steel"])
            .set("Paint", paint),
        tool("Box")
            .set("Items", vec![item])
            .set("Position", point(15.4395, 47.0707)),
        tool("Green saw").set("Position", point(-70.0, -30.0)),
    ] {
        tenant.insert(tool).await.unwrap();
    }
}

async fn names(tenant: &Tenant, query: EntityQuery) -> Vec<String> {
    let page = tenant.query(query).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
    names.map(str::to_owned).collect()
}

fn text(text: &str) -> EntityQuery {
    EntityQuery::of("Demo/Thing").text(TextQuery {
        text: text.to_owned(),
        language: None,
    })
}

#[tokio::test]
async fn words_are_found_best_match_first() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    assert_eq!(
        names(&tenant, text("PUMPS")).await,
        ["Water pump", "Hammer", "Box"]
    );
    assert_eq!(
        names(&tenant, text("pump -steel")).await,
        ["Water pump", "Box"]
    );
    assert_eq!(names(&tenant, text("\"spare pumps\"")).await, ["Box"]);
    assert_eq!(names(&tenant, text("nothing")).await, [""; 0]);
    let sorted = text("pump").sort("name", SortOrder::Ascending);
    assert_eq!(
        names(&tenant, sorted).await,
        ["Box", "Hammer", "Water pump"]
    );
    let filtered = text("pump").eq("size", 7);
    assert_eq!(names(&tenant, filtered).await, ["Water pump"]);
}

#[tokio::test]
async fn values_are_found_in_several_attributes() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    let search = |paths: &[&str], value: &str| {
        EntityQuery::of("Demo/Thing").search(AttributeSearch {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            value: value.to_owned(),
        })
    };
    let everywhere = ["name", "size", "paint", "tags", "items.label", "rtId"];
    let found = names(&tenant, search(&everywhere, "pump")).await;
    assert_eq!(found, ["Water pump", "Hammer", "Box"]);
    assert_eq!(
        names(&tenant, search(&everywhere, "7")).await[0],
        "Water pump"
    );
    let found = names(&tenant, search(&["name", "paint"], "gree*")).await;
    assert_eq!(found, ["Hammer", "Green saw"]);
    let unknown = tenant.query(search(&["nam"], "x")).await.unwrap_err();
    assert!(
        unknown.to_string().contains("Did you mean 'name'?"),
        "{unknown}"
    );
}

#[tokio::test]
async fn entities_are_found_around_a_point() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    let near = |min, max| {
        EntityQuery::of("Demo/Thing").near(Near {
            path: "position".to_owned(),
            longitude: 15.4,
            latitude: 47.1,
            min_distance: min,
            max_distance: max,
        })
    };
    let all = names(&tenant, near(None, None)).await;
    assert_eq!(all, ["Box", "Water pump", "Green saw"]);
    assert_eq!(names(&tenant, near(None, Some(10_000.0))).await, ["Box"]);
    let far = names(&tenant, near(Some(10_000.0), Some(1_000_000.0))).await;
    assert_eq!(far, ["Water pump"]);
}

#[tokio::test]
async fn searches_that_make_no_sense_are_refused() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let near = |path: &str, longitude, min| {
        EntityQuery::of("Demo/Tool").near(Near {
            path: path.to_owned(),
            longitude,
            latitude: 0.0,
            min_distance: min,
            max_distance: None,
        })
    };
    let words = TextQuery {
        text: "x".to_owned(),
        language: None,
    };
    for (query, part) in [
        (text("-pump"), "at least one word"),
        (text(""), "needs a text"),
        (text(&"x".repeat(1_001)), "at most 1000 characters"),
        (
            EntityQuery::of("Demo/Person").text(words),
            "has no text index",
        ),
        (
            near("position", 181.0, None),
            "longitude between -180 and 180",
        ),
        (near("position", f64::NAN, None), "longitude"),
        (near("position", 0.0, Some(-1.0)), "metres"),
        (near("name", 0.0, None), "not a geographic point"),
    ] {
        let refused = tenant.query(query).await.unwrap_err();
        assert!(matches!(refused, RuntimeError::InvalidQuery(_)));
        assert!(refused.to_string().contains(part), "{refused}");
    }
}
