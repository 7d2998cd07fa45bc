//! Every operator on every type of value (spec 6.2, 6.3).

use octo_runtime::{
    Criteria, EntityQuery, FieldFilter, NewEntity, Operand, Operator, Record, Tenant,
};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;

/// An entity with a value of every type, and one with hardly any.
async fn sample(tenant: &Tenant) {
    let home = Record::of("Demo", "Address").set("City", "Wien");
    let mut full = NewEntity::of("Demo/Tool").set("Home", home);
    for (path, value) in [
        ("name", json!("F")),
        ("size", json!(5)),
        ("big", json!(i64::MAX)),
        ("weight", json!(0.5)),
        ("isNew", json!(true)),
        ("bought", json!("2024-03-31T01:30:00+01:00")),
        ("seen", json!("2024-10-27T02:30:00+02:00")),
        ("warranty", json!("1.00:00:00")),
        ("paint", json!("Green")),
        ("tags", json!(["a", "b"])),
        ("numbers", json!([1, 2])),
        ("photo", json!("AQID")),
        (
            "position",
            json!({"type": "Point", "coordinates": [180.0, 90.0]}),
        ),
        (
            "items",
            json!([{"label": "x", "quantity": 5}, {"label": "y"}]),
        ),
    ] {
        full = full.assign(path, value);
    }
    tenant.insert(full).await.unwrap();
    let empty = NewEntity::of("Demo/Tool").set("Name", "E");
    tenant.insert(empty).await.unwrap();
}

const OPERATORS: [Operator; 18] = [
    Operator::Equals,
    Operator::NotEquals,
    Operator::LessThan,
    Operator::LessEqualThan,
    Operator::GreaterThan,
    Operator::GreaterEqualThan,
    Operator::In,
    Operator::NotIn,
    Operator::Like,
    Operator::MatchRegEx,
    Operator::AnyEq,
    Operator::AnyLike,
    Operator::Contains,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::Between,
    Operator::IsNull,
    Operator::IsNotNull,
];

/// Which of the two an operator finds with the value that is stored: `F`, `E`, `B`oth, `-` none,
/// `!` when it is refused.
async fn found(tenant: &Tenant, path: &str, operator: Operator, value: &Json) -> char {
    let list = || Operand::List(vec![Operand::Json(value.clone())]);
    let second = (operator == Operator::Between).then(|| Operand::Json(value.clone()));
    let filter = Criteria::Field(FieldFilter {
        path: path.to_owned(),
        operator,
        value: match operator {
            Operator::In | Operator::NotIn => list(),
            _ => Operand::Json(value.clone()),
        },
        second,
    });
    let query = EntityQuery::of("Demo/Tool").filter(filter);
    let Ok(page) = tenant.query(query).await else {
        return '!';
    };
    let names: Vec<_> = page
        .items
        .iter()
        .filter_map(|e| e.attributes.str("Name"))
        .collect();
    match names.as_slice() {
        [] => '-',
        ["F"] => 'F',
        ["E"] => 'E',
        _ => 'B',
    }
}

#[tokio::test]
async fn every_operator_treats_every_type_as_specified() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    sample(&tenant).await;
    // Negations hold for missing values; texts have no order towards other values; of the items one
    // has no quantity.
    for (path, value, expected) in [
        ("name", json!("F"), "FEEB-FFEFFFFFFFF-B"),
        ("size", json!(5), "FE-F-FFE--F----FEF"),
        ("size", json!("5"), "FE-F-FFE--F----FEF"),
        ("big", json!(i64::MAX), "FE-F-FFE--F----FEF"),
        ("weight", json!(0.5), "FE-F-FFE--F----FEF"),
        ("isNew", json!(true), "FE-F-FFE--F----FEF"),
        (
            "bought",
            json!("2024-03-31T00:30:00Z"),
            "FE-F-FFE--F----FEF",
        ),
        ("seen", json!("2024-10-27T00:30:00Z"), "FE-F-FFE--F----FEF"),
        ("warranty", json!(864_000_000_000_i64), "FE-F-FFE--F----FEF"),
        ("paint", json!("green"), "FE-F-FFE--F----FEF"),
        ("paint", json!(1), "FE-F-FFE--F----FEF"),
        ("tags", json!("b"), "FEFF-FFEFFFFFFFFEF"),
        ("tags[0]", json!("a"), "FE-F-FFEFFFFFFFFEF"),
        ("numbers", json!(2), "FEFF-FFE--F----FEF"),
        ("numbers[-1]", json!(2), "FE-F-FFE--F----FEF"),
        ("photo", json!("AQID"), "FE-F-FFE--F----FEF"),
        (
            "position",
            json!({"type":"Point","coordinates":[180.0,90.0]}),
            "FE!!!!FE!!F!!!!!EF",
        ),
        ("home", json!("x"), "!!!!!!!!!!!!!!!!EF"),
        ("home.city", json!("Wien"), "FE-F-FFEFFFFFFFFEF"),
        ("items", json!("x"), "!!!!!!!!!!!!!!!!EF"),
        ("items[*].quantity", json!(5), "FE-F-FFE--F----FB-"),
        ("items[0].label", json!("x"), "FE-F-FFEFFFFFFFFEF"),
        ("items[-1].label", json!("y"), "FE-F-FFEFFFFFFFFEF"),
        ("items[7].label", json!("y"), "-B-----B--------B-"),
        ("rtVersion", json!(0), "B--B-BB---B----B-B"),
        ("ckTypeId", json!("Demo/Tool"), "B-!!!!B-BBBBBBB!-B"),
        ("rtWellKnownName", json!("x"), "-B-----B--------B-"),
    ] {
        let mut shown = String::new();
        for operator in OPERATORS {
            shown.push(found(&tenant, path, operator, &value).await);
        }
        assert_eq!(shown, expected, "{path} {value}");
    }
}
