//! Figures and groups over associations.

use octo_runtime::{
    Aggregated, AggregationQuery, ChangeSet, DeleteEntity, EntityQuery, Figure, Function,
    NewEntity, Record, RtId, RuntimeError, Tenant, Value,
};

use crate::fixture::Fixture;

/// Ada owns a saw and an old hammer, Bob a bike; nobody owns the kite, and Cyd owns nothing.
async fn sample(tenant: &Tenant) -> Vec<RtId> {
    let person = |name: &str, city: &str| {
        NewEntity::of("Demo/Person")
            .set("Name", name)
            .set("Email", format!("{name}@x"))
            .set("Home", Record::of("Demo", "Address").set("City", city))
    };
    let tool = |name: &str, size: i32, weight: Option<f64>| {
        let item = |quantity: i32| {
            Record::of("Demo", "Item")
                .set("Label", "x")
                .set("Quantity", quantity)
        };
        NewEntity::of("Demo/Tool")
            .set("Name", name)
            .set("Size", size)
            .set("Paint", Value::Enum(size % 2))
            .set_opt("Weight", weight)
            .set("Items", vec![item(size), item(1)])
    };
    let people = [
        person("Ada", "Wien"),
        person("Bob", "Graz"),
        person("Cyd", "Wien"),
    ];
    let tools = [
        tool("saw", 1, Some(0.1)),
        tool("hammer", 2, Some(0.2)),
        tool("bike", 3, None),
        tool("kite", 4, Some(1e300)),
    ];
    let ids = people.iter().chain(&tools).map(|new| new.rt_id()).collect();
    let mut changes = ChangeSet::new();
    for (person, tool) in [(0, 0), (0, 1), (1, 2)] {
        changes = changes.associate(&people[person], "Demo/Owns", &tools[tool]);
    }
    for entity in people.into_iter().chain(tools) {
        changes = changes.insert(entity);
    }
    tenant.apply(changes).await.unwrap();
    ids
}

fn shown(found: &Aggregated) -> Vec<String> {
    let rows = found.rows.iter().map(|row| {
        let keys = row.keys.iter().map(ToString::to_string);
        let figures = row.figures.iter().map(|figure| match figure {
            Figure::Null => "null".to_owned(),
            Figure::Count(count) => count.to_string(),
            Figure::Decimal(decimal) => decimal.to_string(),
            other => format!("{other:?}"),
        });
        keys.chain(figures).collect::<Vec<_>>().join(" ")
    });
    rows.collect()
}

fn over(ck_type: &str) -> AggregationQuery {
    AggregationQuery::over(EntityQuery::of(ck_type))
}

async fn rows(tenant: &Tenant, query: AggregationQuery) -> Vec<String> {
    shown(&tenant.aggregate(query).await.unwrap())
}

async fn tenant() -> (Fixture, std::sync::Arc<Tenant>, Vec<RtId>) {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let ids = sample(&tenant).await;
    (fixture, tenant, ids)
}

#[tokio::test]
async fn figures_are_about_all_far_ends() {
    let (_fixture, tenant, ids) = tenant().await;
    let things = |path: &str| format!("things.Demo/Tool{path}");
    let query = over("Demo/Person")
        .count()
        .column(Function::Count, &things("->name"))
        .column(Function::Sum, &things("->size"))
        .column(Function::Sum, &things("->weight"))
        .column(Function::Average, &things("->items[*].quantity"))
        .column(Function::Maximum, &things("::totalCount"))
        .column(Function::Sum, &things("[name=saw]::totalCount"))
        .column(Function::Minimum, &things("->owner.Demo/Person->rtVersion"))
        .column(Function::Maximum, "things.demoTool[size=9]->size");
    // Of the four items of Ada and the two of Bob.
    assert_eq!(rows(&tenant, query).await, ["3 3 6 0.3 1.5 2 1 0 null"]);

    // Archived far ends are not there.
    let saw = DeleteEntity::of("Demo/Tool", ids[3]);
    tenant.delete(saw).await.unwrap();
    let query = over("Demo/Person").column(Function::Sum, &things("->size"));
    assert_eq!(rows(&tenant, query).await, ["5"]);
}

#[tokio::test]
async fn entities_are_grouped_by_the_far_end_of_a_to_one_association() {
    let (_fixture, tenant, ids) = tenant().await;
    let owner = |path: &str| format!("owner.Demo/Person{path}");
    let sizes = |path: &str| {
        over("Demo/Thing")
            .count()
            .column(Function::Sum, "size")
            .column(Function::Maximum, &owner("->things.Demo/Tool->size"))
            .group_by(path)
    };
    let by = async |path: String| rows(&tenant, sizes(&path)).await;
    let by_name = ["null 1 4 null", r#""Ada" 2 3 2"#, r#""Bob" 1 3 3"#];
    assert_eq!(by(owner("->name")).await, by_name);
    let by_city = ["null 1 4 null", r#""Graz" 1 3 3"#, r#""Wien" 2 3 2"#];
    assert_eq!(by(owner("->home.city")).await, by_city);
    let by_flag = ["false 1 4 null", "true 3 6 3"];
    assert_eq!(by(owner("::exists")).await, by_flag);
    assert_eq!(
        by(owner("[name='Bob']::exists")).await,
        ["false 3 7 2", "true 1 3 3"]
    );
    // How many there are is one value, wherever it is counted.
    assert_eq!(
        by(owner("->things.Demo/Tool::totalCount")).await,
        ["null 1 4 null", "1 1 3 3", "2 2 3 2"]
    );
    let by_count = over("Demo/Person")
        .count()
        .group_by("things.Demo/Tool::totalCount");
    assert_eq!(rows(&tenant, by_count).await, ["0 1", "1 1", "2 1"]);

    // A far end named by its id is one, too; enums have names.
    let saw = format!("things.Demo/Tool[rtId={}]->paint", ids[3]);
    let by_paint = over("Demo/Person").count().group_by(&saw);
    assert_eq!(rows(&tenant, by_paint).await, ["null 2", r#""Green" 1"#]);
}

#[tokio::test]
async fn wrong_paths_over_associations_are_explained() {
    let (_fixture, tenant, _) = tenant().await;
    let problem = async |query: AggregationQuery| match tenant.aggregate(query).await {
        Err(RuntimeError::InvalidQuery(problems)) => problems.join("\n"),
        other => panic!("{other:?}"),
    };
    let group = |path: &str| over("Demo/Person").count().group_by(path);
    for (path, part) in [
        ("things.Demo/Tool->name", "leads to several entities"),
        (
            "things.Demo/Tool->owner.Demo/Person->name",
            "'things' leads to several",
        ),
        ("thing.Demo/Tool->name", "Did you mean 'things'?"),
        ("things.Demo/Tool", "names associated entities but no value"),
        ("things.Demo/Tool->", "Empty paths are not allowed."),
    ] {
        let found = problem(group(path)).await;
        assert!(found.contains(part), "{path}: {found}");
    }
    let sum = |path: &str| over("Demo/Person").column(Function::Sum, path);
    for (path, part) in [
        ("things.Demo/Tool->name", "needs numbers, but"),
        ("things.Demo/Tool::exists", "is of type Boolean"),
        ("things.Demo/Tool->nam", "Did you mean 'name'?"),
        ("things.Demo/Tool", "names associated entities but no value"),
    ] {
        let found = problem(sum(path)).await;
        assert!(found.contains(part), "{path}: {found}");
    }
    let several = over("Demo/Person")
        .column(Function::Sum, "things.Demo/Tool->nam")
        .group_by("thing.Demo/Tool->name");
    assert_eq!(problem(several).await.lines().count(), 2);
}
