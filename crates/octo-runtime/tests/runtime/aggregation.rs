//! Figures, stored queries and auto-complete values of a tenant.

use octo_runtime::auto_complete::{AutoCompleteQuery, Pattern};
use octo_runtime::persisted::{PersistedQuery, Wanted, subtype};
use octo_runtime::{
    Aggregated, AggregationQuery, Criteria, EntityQuery, Figure, Function, NewEntity, Record,
    RuntimeError, Tenant, Value,
};

use crate::fixture::Fixture;
use crate::model::compiled;

async fn tools(tenant: &Tenant) {
    let home = |city: &str| Record::of("Demo", "Address").set("City", city);
    let item = |quantity: i32| {
        Record::of("Demo", "Item")
            .set("Label", "x")
            .set("Quantity", quantity)
    };
    let tools = [
        NewEntity::of("Demo/Tool")
            .set("Name", "saw")
            .set("Size", 10)
            .set("Weight", 1.10)
            .set("Paint", Value::Enum(0))
            .set("Home", home("Wien")),
        NewEntity::of("Demo/Tool")
            .set("Name", "Hammer")
            .set("Size", 4)
            .set("Weight", 2.205)
            .set("Paint", Value::Enum(2))
            .set("Home", home("Graz"))
            .set("Numbers", vec![1, 2, 3]),
        NewEntity::of("Demo/Gadget")
            .set("Name", "saw")
            .set("Size", 3)
            .set("Paint", Value::Enum(2))
            .set("Items", vec![item(5), item(7)]),
        NewEntity::of("Demo/Gadget").set("Name", "Saw"),
    ];
    for tool in tools {
        tenant.insert(tool).await.unwrap();
    }
}

fn shown(found: &Aggregated) -> Vec<String> {
    let rows = found.rows.iter().map(|row| {
        let keys = row.keys.iter().map(ToString::to_string);
        let figures = row.figures.iter().map(|figure| match figure {
            Figure::Count(count) => count.to_string(),
            Figure::Decimal(decimal) => decimal.to_string(),
            other => format!("{other:?}"),
        });
        keys.chain(figures).collect::<Vec<_>>().join(" ")
    });
    rows.collect()
}

fn things() -> AggregationQuery {
    AggregationQuery::over(EntityQuery::of("Demo/Thing"))
}

async fn tenant() -> (Fixture, std::sync::Arc<Tenant>) {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    (fixture, tenant)
}

#[tokio::test]
async fn figures_are_decimals_over_all_derived_types() {
    let (_fixture, tenant) = tenant().await;
    let query = things()
        .count()
        .column(Function::Sum, "size")
        .column(Function::Average, "Size")
        .column(Function::Sum, "weight")
        .column(Function::Average, "weight")
        .column(Function::Maximum, "paint")
        .column(Function::Sum, "numbers")
        .column(Function::Count, "numbers")
        .column(Function::Sum, "items[*].quantity")
        .column(Function::Maximum, "items[0].quantity")
        .column(Function::Count, "home")
        .column(Function::Sum, "rtVersion");
    let found = tenant.aggregate(query).await.unwrap();
    assert_eq!(
        shown(&found),
        ["4 17 5.6666666666666666666666666667 3.305 1.6525 2 6 1 12 5 2 0"]
    );
    // Paging and order of the entities mean nothing.
    let page = EntityQuery::of("Demo/Thing").take(1).skip(3);
    let found = tenant.aggregate(AggregationQuery::over(page).count()).await;
    assert_eq!(shown(&found.unwrap()), ["4"]);
}

#[tokio::test]
async fn groups_are_named_and_ordered_as_people_see_them() {
    let (_fixture, tenant) = tenant().await;
    let by = |path: &str| things().count().group_by(path);
    let found = tenant.aggregate(by("paint")).await.unwrap();
    assert_eq!(shown(&found), ["null 1", "\"Blue\" 2", "\"Red\" 1"]);
    let found = tenant.aggregate(by("name")).await.unwrap();
    assert_eq!(shown(&found), ["\"Hammer\" 1", "\"Saw\" 1", "\"saw\" 2"]);
    let found = tenant.aggregate(by("ckTypeId").group_by("Home.City")).await;
    assert_eq!(
        shown(&found.unwrap()),
        [
            "\"Demo/Gadget\" null 2",
            "\"Demo/Tool\" \"Graz\" 1",
            "\"Demo/Tool\" \"Wien\" 1"
        ]
    );
    let mut pages = Vec::new();
    for skip in 0..4 {
        let page = tenant.aggregate(by("paint").skip(skip).take(1)).await;
        let page = page.unwrap();
        pages.push((shown(&page), page.is_truncated));
    }
    let one = |text: &str, more| (vec![text.to_owned()], more);
    assert_eq!(
        pages,
        [
            one("null 1", true),
            one("\"Red\" 1", true),
            one("\"Blue\" 2", false),
            (Vec::new(), false)
        ]
    );
}

#[tokio::test]
async fn all_problems_of_a_question_are_reported() {
    let (_fixture, tenant) = tenant().await;
    let query = AggregationQuery::over(EntityQuery::of("Demo/Thing").eq("nme", "x"))
        .column(Function::Sum, "name")
        .column(Function::Average, "isNew")
        .column(Function::Sum, "bought")
        .column(Function::Minimum, "home")
        .column(Function::Sum, "tags")
        .column(Function::Sum, "sice")
        .group_by("tags[*]")
        .group_by("items.label")
        .group_by("position")
        .take(0)
        .skip(1_000_000);
    let RuntimeError::InvalidQuery(problems) = tenant.aggregate(query).await.unwrap_err() else {
        panic!("the question was accepted");
    };
    assert_eq!(problems.len(), 12, "{problems:#?}");
    for part in [
        "Function 'sum' needs numbers, but 'name' is of type String. Use count on it.",
        "Function 'avg' needs numbers, but 'isNew' is of type Boolean. Use count on it.",
        "Function 'sum' needs numbers, but 'bought' is of type DateTime. Use min, max or count on it.",
        "Function 'min' needs numbers, but 'home' is of type Record. Use count on it.",
    ] {
        assert!(problems.iter().any(|problem| problem == part), "{part}");
    }
    let unknown = AggregationQuery::over(EntityQuery::of("Demo/Nothing")).count();
    let unknown = tenant.aggregate(unknown).await;
    assert!(matches!(unknown, Err(RuntimeError::TypeUnknown(_))));
}

#[tokio::test]
async fn numbers_no_decimal_can_hold_are_an_error_not_a_wrong_sum() {
    let (_fixture, tenant) = tenant().await;
    let huge = NewEntity::of("Demo/Tool")
        .set("Name", "planet")
        .set("Weight", 6e300);
    tenant.insert(huge).await.unwrap();
    let sum = things().column(Function::Sum, "weight");
    let refused = tenant.aggregate(sum).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "The sum of 'weight' is beyond 7.9·10^28, the greatest decimal number."
    );
    let heaviest = tenant.aggregate(things().column(Function::Maximum, "weight"));
    let heaviest = heaviest.await.unwrap();
    assert_eq!(heaviest.rows[0].figures, [Figure::Double(6e300)]);
}

const QUERIES: &str = "\
types:
- typeId: Report
  derivedFromCkTypeId: ${System}/GroupingAggregationRtQuery
- typeId: Odd
  derivedFromCkTypeId: ${System}/PersistentQuery
- typeId: Word
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: \"${this}/Text\", name: Text, autoCompleteValues: [ Apple, apricot, banana ] }
attributes:
- { id: Text, valueType: String }
";

#[tokio::test]
async fn derived_query_types_count_as_their_base() {
    let (_fixture, tenant) = tenant().await;
    let model = compiled("Queries-1.0.0", QUERIES);
    tenant.import_models(vec![model]).await.unwrap();
    let column = Record::of("System", "AggregationQueryColumn")
        .set("AttributePath", "size")
        .set("AggregationType", Value::Enum(4));
    let filter = Record::of("System", "FieldFilter")
        .set("AttributePath", "name")
        .set("Operator", Value::Enum(8))
        .set("ComparisonValue", "s*w");
    let report = NewEntity::of("Queries/Report")
        .set("Name", "Sizes")
        .set("QueryCkTypeId", "Demo/Thing")
        .set("GroupingColumns", ["paint"])
        .set("Columns", vec![column])
        .set("FieldFilter", vec![filter]);
    let report = tenant.insert(report).await.unwrap();
    let graph = tenant.graph();
    let query = PersistedQuery::read(&graph, &report).unwrap();
    assert_eq!(query.subtype, "RtGroupingAggregationRtQuery");
    assert!(matches!(query.wanted, Wanted::Groups(..)));
    let named = query.aggregation(Criteria::All(Vec::new())).unwrap();
    let found = tenant.aggregate(named).await.unwrap();
    assert_eq!(shown(&found), ["null 0", "\"Blue\" 3", "\"Red\" 10"]);

    let odd = NewEntity::of("Queries/Odd")
        .set("Name", "Odd")
        .set("QueryCkTypeId", "Demo/Thing");
    let odd = tenant.insert(odd).await.unwrap();
    assert_eq!(subtype(&graph, &odd), "RtPersistentQuery");
    assert_eq!(
        PersistedQuery::read(&graph, &odd).unwrap_err().to_string(),
        "Unknown persisted query subtype: RtPersistentQuery"
    );
}

#[tokio::test]
async fn frequent_values_come_first_then_suggestions_of_the_model() {
    let (_fixture, tenant) = tenant().await;
    let model = compiled("Queries-1.0.0", QUERIES);
    tenant.import_models(vec![model]).await.unwrap();
    for text in ["apricot", "Avocado", "apricot", "almond", "berry"] {
        let word = NewEntity::of("Queries/Word").set("Text", text);
        tenant.insert(word).await.unwrap();
    }
    let question = |pattern: Pattern, take: usize| AutoCompleteQuery {
        ck_type: "Queries/Word".to_owned(),
        path: "text".to_owned(),
        pattern,
        take,
    };
    let ask = async |pattern, take| {
        let found = tenant
            .auto_complete(&question(pattern, take))
            .await
            .unwrap();
        let values = found.values.into_iter();
        let shown = values.map(|value| format!("{} {}", value.text, value.occurrence_count));
        (shown.collect::<Vec<_>>().join(", "), found.is_truncated)
    };
    let all = "apricot 2, Avocado 1, almond 1, berry 1, Apple 0, banana 0".to_owned();
    assert_eq!(ask(Pattern::Prefix(String::new()), 10).await, (all, false));
    assert_eq!(
        ask(Pattern::Prefix("AP".to_owned()), 10).await,
        ("apricot 2, Apple 0".to_owned(), false)
    );
    assert_eq!(
        ask(Pattern::Regex("^[Aa]".to_owned()), 2).await,
        ("apricot 2, Avocado 1".to_owned(), true)
    );
    for (path, take, pattern) in [
        ("txt", 1, ""),
        ("rtId", 1, ""),
        ("text", 0, ""),
        ("text", 101, ""),
        ("text", 1, "("),
    ] {
        let mut question = question(Pattern::Regex(pattern.to_owned()), take);
        question.path = path.to_owned();
        let refused = tenant.auto_complete(&question).await;
        assert!(
            matches!(refused, Err(RuntimeError::InvalidQuery(_))),
            "{path} {take} {pattern}"
        );
    }
    let size = AutoCompleteQuery {
        ck_type: "Demo/Thing".to_owned(),
        path: "size".to_owned(),
        pattern: Pattern::Prefix(String::new()),
        take: 5,
    };
    assert_eq!(
        tenant.auto_complete(&size).await.unwrap_err().to_string(),
        "'size' is not a text attribute: there is nothing to complete."
    );
}

#[tokio::test]
async fn stored_queries_search() {
    let (_fixture, tenant) = tenant().await;
    let search = Record::of("System", "AttributeSearchFilter")
        .set("AttributePaths", ["name", "home.city"])
        .set("SearchValue", "a*z");
    let query = NewEntity::of("System/SimpleRtQuery")
        .set("Name", "Search")
        .set("QueryCkTypeId", "Demo/Thing")
        .set("Columns", ["name"])
        .set("AttributeSearchFilter", search);
    let stored = tenant.insert(query).await.unwrap();
    let query = PersistedQuery::read(&tenant.graph(), &stored).unwrap();
    assert_eq!(query.paths, ["name", "home.city"]);
    let found = tenant.query(query.entities).await.unwrap();
    let names = found.items.iter().map(|e| e.attributes.str("Name"));
    assert_eq!(names.collect::<Vec<_>>(), [Some("Hammer")]);

    let words = Record::of("System", "TextSearchFilter").set("SearchValue", "saw");
    let query = NewEntity::of("System/SimpleRtQuery")
        .set("Name", "Words")
        .set("QueryCkTypeId", "Demo/Thing")
        .set("Columns", ["name"])
        .set("TextSearchFilter", words);
    let stored = tenant.insert(query).await.unwrap();
    let query = PersistedQuery::read(&tenant.graph(), &stored).unwrap();
    let found = tenant.query(query.entities).await.unwrap();
    let names = found.items.iter().map(|e| e.attributes.str("Name"));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [Some("saw"), Some("saw"), Some("Saw")]
    );
}
