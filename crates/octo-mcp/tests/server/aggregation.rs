//! Figures over entities.

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::models::import_example;

/// A tenant with places: two parks, a museum and something unknown.
pub async fn acme() -> (App, Client) {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    import_example(&app, &mut client, "acme").await;
    let places = [
        ("Prater", Some("Park"), Some(3), Some("Vienna")),
        ("Augarten", Some("Park"), Some(4), Some("Vienna")),
        ("Albertina", Some("Museum"), Some(3), Some("Graz")),
        ("Nowhere", None, None, None),
    ];
    for (name, kind, visitors, city) in places {
        let data = json!([
            {"attributePath": "name", "value": name},
            {"attributePath": "kind", "value": kind},
            {"attributePath": "visitors", "value": visitors},
            {"attributePath": "address.city", "value": city},
        ]);
        let data = data.as_array().unwrap().iter();
        let data: Vec<_> = data.filter(|item| !item["value"].is_null()).collect();
        let place = json!({"tenantId": "acme", "ckTypeId": "Example/Place", "entityData": data});
        assert_success(&client.call("create_entity", place).await);
    }
    (app, client)
}

fn places(extra: Value) -> Value {
    let mut arguments = json!({"tenantId": "acme", "ckTypeId": "Example/Place"});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

#[tokio::test]
async fn figures_are_computed_over_all_matches() {
    let (_app, mut client) = acme().await;
    let all = json!({"aggregations": [
        {},
        {"function": "count", "attributePath": "visitors"},
        {"function": "SUM", "attributePath": "visitors"},
        {"function": 2, "attributePath": "Visitors", "alias": "mean"},
        {"function": "min", "attributePath": "visitors"},
        {"function": "max", "attributePath": "kind"},
        {"function": "count", "attributePath": "address.city"},
        {"function": "max", "attributePath": "rtVersion"},
    ]});
    let answer = client
        .call_raw("query_entities_aggregation", places(all))
        .await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    // Every digit is in the text; null keys and figures are kept.
    assert_eq!(
        text,
        r#"{"rows":[{"count":4,"count_visitors":3,"sum_visitors":10,"mean":3.3333333333333333333333333333,"min_visitors":3,"max_kind":1,"count_address_city":3,"max_rtVersion":0}],"rowCount":1,"message":"1 row(s) produced.","isSuccess":true,"tenantId":"acme"}"#
    );
    let none = json!({
        "aggregations": [{}, {"function": "sum", "attributePath": "visitors"},
            {"function": "avg", "attributePath": "visitors"}],
        "filters": {"fields": [{"attributePath": "name", "value": "x"}]},
    });
    let answer = client
        .call("query_entities_aggregation", places(none))
        .await;
    assert_eq!(
        answer["rows"],
        json!([{"count": 0, "sum_visitors": 0, "avg_visitors": null}])
    );
}

#[tokio::test]
async fn groups_have_a_row_each() {
    let (_app, mut client) = acme().await;
    let by_kind = json!({
        "ckTypeId": "Example/Place",
        "groupByAttributePaths": ["kind", "address.City"],
        "aggregations": [{"alias": "places"}, {"function": "max", "attributePath": "visitors"}],
    });
    let answer = client
        .call("query_entities_grouping", places(by_kind))
        .await;
    assert_eq!(
        answer["rows"],
        json!([
            {"places": 1, "max_visitors": null, "kind": null, "address.City": null},
            {"places": 1, "max_visitors": 3, "kind": "Museum", "address.City": "Graz"},
            {"places": 2, "max_visitors": 4, "kind": "Park", "address.City": "Vienna"},
        ]),
        "{answer:#}"
    );
    assert_eq!(answer["message"], json!("3 row(s) produced."));
    assert_eq!(answer["isTruncated"], Value::Null);

    let by_type = json!({
        "ckTypeId": "Example/Named", "groupByAttributePaths": ["ckTypeId"], "aggregations": [{}],
    });
    let answer = client
        .call("query_entities_grouping", places(by_type))
        .await;
    assert_eq!(
        answer["rows"],
        json!([{"count": 4, "ckTypeId": "Example/Place"}])
    );

    let page = |offset: u32| {
        places(json!({
            "groupByAttributePaths": ["name"], "aggregations": [{}], "limit": 3, "offset": offset,
        }))
    };
    let first = client.call("query_entities_grouping", page(0)).await;
    assert_eq!(first["isTruncated"], json!(true));
    assert!(
        first["message"].as_str().unwrap().contains("offset=3"),
        "{first:#}"
    );
    let last = client.call("query_entities_grouping", page(3)).await;
    assert_eq!(last["rows"], json!([{"count": 1, "name": "Prater"}]));

    let none = json!({
        "groupByAttributePaths": ["name"], "aggregations": [{}],
        "filters": {"fields": [{"attributePath": "name", "value": "x"}]},
    });
    let answer = client.call("query_entities_grouping", places(none)).await;
    assert_success(&answer);
    assert_eq!(
        (&answer["rows"], &answer["rowCount"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(
        answer["message"],
        json!("No rows produced (possibly no entities matched the filters).")
    );
}

#[tokio::test]
async fn filters_count_with_their_operator() {
    let (_app, mut client) = acme().await;
    let condition = |path: &str, value: Value| json!({"attributePath": path, "value": value});
    let fields = json!([
        condition("name", json!("Prater")),
        condition("visitors", json!(3))
    ]);
    let nested = json!([{"fields": [condition("name", json!("Nowhere"))]}]);
    for (filters, expected) in [
        (json!({"operator": "And", "fields": fields}), 1),
        (json!({"operator": "Or", "fields": fields}), 2),
        (
            json!({"operator": "Or", "fields": fields, "nestedFilters": nested}),
            3,
        ),
    ] {
        let query = places(json!({"aggregations": [{}], "filters": filters}));
        let answer = client.call("query_entities_aggregation", query).await;
        assert_eq!(answer["rows"], json!([{"count": expected}]), "{filters}");
    }
}

#[tokio::test]
async fn what_cannot_be_computed_is_said_and_has_no_rows() {
    let (_app, mut client) = acme().await;
    let sum = |path: &str| json!([{"function": "sum", "attributePath": path}]);
    for (bad, text) in [
        (
            json!({"aggregations": []}),
            "At least one aggregation column is required.",
        ),
        (
            json!({"aggregations": [{}, {"function": "avg"}]}),
            "aggregations[1].attributePath is required for function 'avg'. Only 'count' may omit the path.",
        ),
        (
            json!({"aggregations": [{}, {"alias": "COUNT"}]}),
            "Duplicate alias 'COUNT' in aggregations[1]. Set the 'alias' property explicitly to disambiguate.",
        ),
        (
            json!({"aggregations": sum("name")}),
            "Function 'sum' needs numbers, but 'name' is of type String. Use count on it.",
        ),
        (
            json!({"aggregations": [{"function": "sum", "attributePath": "rtCreationDateTime"}]}),
            "Function 'sum' needs numbers, but 'rtCreationDateTime' is of type DateTime. Use min, max or count on it.",
        ),
        (json!({"aggregations": sum("vistors")}), "vistors"),
        (
            json!({"aggregations": [{}], "filters": {"fields": [{"attributePath": "nam"}]}}),
            "nam",
        ),
        (
            json!({"aggregations": [{}], "ckTypeId": "Example/Plase"}),
            "Example/Place",
        ),
    ] {
        let answer = client
            .call("query_entities_aggregation", places(bad.clone()))
            .await;
        assert_failure(&answer, text);
        assert_eq!(
            (&answer["rows"], &answer["rowCount"]),
            (&json!([]), &json!(0)),
            "{bad}"
        );
        assert_eq!(
            (&answer["tenantId"], &answer["message"]),
            (&Value::Null, &Value::Null)
        );
    }
    let blank = json!({"ckTypeId": " ", "aggregations": [{}]});
    let answer = client
        .call("query_entities_aggregation", places(blank))
        .await;
    assert_failure(&answer, "ckTypeId is required.");

    for (paths, text) in [
        (
            json!([]),
            "groupByAttributePaths must contain at least one path.",
        ),
        (
            json!(["name", " "]),
            "groupByAttributePaths contains an empty entry.",
        ),
        (json!(["name", "Name"]), "Duplicate group-by path 'Name'."),
        (json!(["address"]), "Cannot group by 'address'"),
    ] {
        let query = places(json!({"groupByAttributePaths": paths, "aggregations": [{}]}));
        let answer = client.call("query_entities_grouping", query).await;
        assert_failure(&answer, text);
        assert_eq!(answer["rows"], json!([]));
    }
    let several = places(json!({
        "groupByAttributePaths": ["nothing"],
        "aggregations": [{"function": "sum", "attributePath": "name"}],
        "filters": {"fields": [{"attributePath": "nam"}]},
    }));
    let answer = client.call("query_entities_grouping", several).await;
    for part in ["'nothing'", "'name'", "'nam'"] {
        assert_failure(&answer, part);
    }
}

#[tokio::test]
async fn secrets_are_neither_grouped_by_nor_counted() {
    let app = App::start().await;
    let mut client = app.admin().await;
    let users = |group_by: &str, path: &str| {
        json!({
            "tenantId": "octosystem", "ckTypeId": "System.Identity/User",
            "groupByAttributePaths": [group_by],
            "aggregations": [{"attributePath": path}],
        })
    };
    for (group_by, path) in [("passwordHash", "userName"), ("userName", "SecurityStamp")] {
        let answer = client
            .call("query_entities_grouping", users(group_by, path))
            .await;
        assert_failure(
            &answer,
            "holds secrets and cannot be aggregated or grouped by.",
        );
    }
    let answer = client
        .call("query_entities_grouping", users("userName", "email"))
        .await;
    assert_eq!(answer["rows"][0]["userName"], json!("admin"), "{answer:#}");
}

#[tokio::test]
async fn values_are_completed_by_frequency() {
    let (_app, mut client) = acme().await;
    let ask = |extra: Value| {
        let mut arguments = places(json!({"attributePath": "address.city"}));
        for (name, value) in extra.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        arguments
    };
    let all = client
        .call("get_auto_complete_values", ask(json!({})))
        .await;
    assert_success(&all);
    assert_eq!(
        all["values"],
        json!([
            {"text": "Vienna", "occurrenceCount": 2}, {"text": "Graz", "occurrenceCount": 1},
        ])
    );
    for (extra, expected, is_truncated) in [
        (json!({"prefix": "v"}), vec!["Vienna"], false),
        (json!({"regex": "[ae]"}), vec!["Vienna", "Graz"], false),
        (json!({"limit": 1}), vec!["Vienna"], true),
        (json!({"prefix": "x"}), vec![], false),
    ] {
        let found = client
            .call("get_auto_complete_values", ask(extra.clone()))
            .await;
        let values = found["values"].as_array().unwrap().iter();
        let texts: Vec<_> = values
            .map(|value| value["text"].as_str().unwrap())
            .collect();
        assert_eq!(texts, expected, "{extra}");
        assert_eq!(found["isTruncated"], json!(is_truncated), "{extra}");
    }
    for (bad, text) in [
        (
            json!({"prefix": "v", "regex": "v"}),
            "Give prefix or regex, not both.",
        ),
        (json!({"attributePath": "visitors"}), "not a text attribute"),
        (json!({"attributePath": "adress.city"}), "adress.city"),
        (json!({"regex": "("}), "regular expression"),
        (json!({"limit": 101}), "limit must be at most 100"),
        (json!({"ckTypeId": "Example/Plase"}), "Example/Place"),
    ] {
        let answer = client.call("get_auto_complete_values", ask(bad)).await;
        assert_failure(&answer, text);
    }
    let secret = json!({
        "tenantId": "octosystem", "ckTypeId": "System.Identity/User", "attributePath": "passwordHash",
    });
    let answer = client.call("get_auto_complete_values", secret).await;
    assert_failure(&answer, "holds secrets");
}
