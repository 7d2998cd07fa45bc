//! Stored queries, made and run by tools alone.

use serde_json::{Value, json};

use crate::aggregation::acme;
use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;

/// Stores a query for places and returns its id.
async fn store(client: &mut Client, ck_type: &str, members: Value) -> String {
    let mut data = vec![
        json!({"attributePath": "name", "value": "A query"}),
        json!({"attributePath": "queryCkTypeId", "value": "Example/Place"}),
    ];
    for (name, value) in members.as_object().unwrap() {
        data.retain(|item| item["attributePath"] != json!(name));
        data.push(json!({"attributePath": name, "value": value}));
    }
    let arguments = json!({"tenantId": "acme", "ckTypeId": ck_type, "entityData": data});
    let created = client.call("create_entity", arguments).await;
    assert_success(&created);
    created["rtId"].as_str().unwrap().to_owned()
}

async fn run(client: &mut Client, id: &str, extra: Value) -> Value {
    let mut arguments = json!({"tenantId": "acme", "queryRtId": id});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    client.call("execute_runtime_query", arguments).await
}

fn condition(path: &str, operator: &str, value: &str) -> Value {
    json!({"attributePath": path, "operator": operator, "comparisonValue": value})
}

fn names(answer: &Value) -> Vec<&str> {
    let entities = answer["entities"].as_array().unwrap().iter();
    entities
        .map(|entity| {
            let attributes = entity["attributes"].as_array().unwrap();
            attributes[0]["value"].as_str().unwrap()
        })
        .collect()
}

#[tokio::test]
async fn a_simple_query_lists_entities() {
    let (_app, mut client) = acme().await;
    let query = json!({
        "columns": ["name"],
        "sorting": [
            {"attributePath": "visitors", "sortOrder": "Descending"},
            {"attributePath": "kind", "sortOrder": "Default"},
            {"attributePath": "name", "sortOrder": 1},
        ],
        "fieldFilter": [
            condition("visitors", "In", "[3, 4]"),
            condition("rtCreationDateTime", "LessThan", "@now(1)"),
            condition("kind", "NotEquals", "Garden"),
        ],
    });
    // The name of a kind that does not exist is refused, as everywhere.
    let mut wrong = query.clone();
    let id = store(&mut client, "System/SimpleRtQuery", query.clone()).await;
    let answer = run(&mut client, &id, json!({})).await;
    assert_failure(&answer, "Garden");
    assert_eq!(answer["querySubtype"], json!("RtSimpleRtQuery"));
    wrong["fieldFilter"].as_array_mut().unwrap().pop();
    let id = store(&mut client, "System-2.2.2/SimpleRtQuery-1", wrong).await;
    let answer = run(&mut client, &id, json!({})).await;
    assert_success(&answer);
    assert_eq!(names(&answer), ["Augarten", "Albertina", "Prater"]);
    assert_eq!(
        (&answer["rowCount"], &answer["totalCount"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        (
            &answer["queryRtId"],
            &answer["ckTypeId"],
            &answer["tenantId"]
        ),
        (&json!(id), &json!("Example/Place"), &json!("acme"))
    );
    assert_eq!(
        answer["entities"][0]["attributes"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        (&answer["message"], &answer["rows"]),
        (&Value::Null, &Value::Null)
    );

    let page = run(&mut client, &id, json!({"skip": 1, "take": 1})).await;
    assert_eq!(names(&page), ["Albertina"]);
    assert_eq!(
        (&page["rowCount"], &page["totalCount"]),
        (&json!(1), &json!(3))
    );
    let first = run(&mut client, &id, json!({"take": 2})).await;
    let next = json!({"take": 2, "cursor": first["nextCursor"]});
    let last = run(&mut client, &id, next).await;
    assert_eq!(names(&last), ["Prater"]);
    assert_eq!(
        (&last["totalCount"], &last["nextCursor"]),
        (&json!(3), &Value::Null)
    );
    let wrong = run(&mut client, &id, json!({"cursor": "AAAA"})).await;
    assert_failure(&wrong, "The cursor does not belong to this query.");
    let either = json!({"extraFilters": {
        "operator": "Or",
        "fields": [{"attributePath": "name", "value": "Prater"}],
        "nestedFilters": [{"fields": [{"attributePath": "kind", "value": "Museum"}]}],
    }});
    let answer = run(&mut client, &id, either).await;
    assert_eq!(names(&answer), ["Albertina", "Prater"]);
    let search = json!({
        "columns": ["name"],
        "attributeSearchFilter": {"attributePaths": ["name", "kind"], "searchValue": "m*m"},
    });
    let found = store(&mut client, "System/SimpleRtQuery", search).await;
    let answer = run(&mut client, &found, json!({})).await;
    assert_eq!(names(&answer), ["Albertina"]);
    for (bad, text) in [
        (json!({"take": 0}), "take must be at least 1"),
        (json!({"take": 1001}), "take must be at most 1000"),
        (json!({"skip": -1}), "skip must be at least 0"),
        (
            json!({"extraFilters": {"fields": [{"attributePath": "nam"}]}}),
            "nam",
        ),
    ] {
        assert_failure(&run(&mut client, &id, bad).await, text);
    }
}

#[tokio::test]
async fn an_aggregation_query_has_one_row() {
    let (_app, mut client) = acme().await;
    let query = json!({
        "columns": [
            {"attributePath": "rtId", "aggregationType": "Count"},
            {"attributePath": "visitors", "aggregationType": "Average"},
            {"attributePath": "visitors", "aggregationType": 4},
            {"attributePath": "visitors", "aggregationType": "Sum"},
            {"attributePath": "visitors", "aggregationType": "Minimum"},
            {"attributePath": "visitors", "aggregationType": "Maximum"},
        ],
        "fieldFilter": [condition("kind", "In", "Park,Museum")],
    });
    let id = store(&mut client, "System/AggregationRtQuery", query).await;
    let answer = run(&mut client, &id, json!({})).await;
    assert_success(&answer);
    assert_eq!(
        (&answer["querySubtype"], &answer["rowCount"]),
        (&json!("RtAggregationRtQuery"), &json!(1))
    );
    // A repeated figure gets a name of its own.
    assert_eq!(
        answer["rows"],
        json!([{
            "count_rtId": 3, "avg_visitors": 10.0 / 3.0, "sum_visitors": 10, "sum_visitors_2": 10,
            "min_visitors": 3, "max_visitors": 4,
        }])
    );
    let vienna = json!({"extraFilters": {"fields": [
        {"attributePath": "address.city", "operator": "StartsWith", "value": "v"},
    ]}, "skip": 5, "take": 1});
    let answer = run(&mut client, &id, vienna).await;
    assert_eq!(answer["rows"][0]["sum_visitors"], json!(7), "{answer:#}");

    let over_time =
        json!({"columns": [{"attributePath": "visitors", "aggregationType": "StateDuration"}]});
    let id = store(&mut client, "System/AggregationRtQuery", over_time).await;
    let answer = run(&mut client, &id, json!({})).await;
    assert_failure(&answer, "Unknown CK aggregation type: StateDuration");
}

#[tokio::test]
async fn a_grouping_query_has_a_row_per_group() {
    let (_app, mut client) = acme().await;
    let columns = json!([{"attributePath": "visitors", "aggregationType": "Sum"}]);
    let query = json!({"groupingColumns": ["kind"], "columns": columns});
    let id = store(&mut client, "System/GroupingAggregationRtQuery", query).await;
    let answer = run(&mut client, &id, json!({})).await;
    assert_success(&answer);
    assert_eq!(
        answer["querySubtype"],
        json!("RtGroupingAggregationRtQuery")
    );
    assert_eq!(
        answer["rows"],
        json!([
            {"sum_visitors": 0, "kind": null},
            {"sum_visitors": 3, "kind": "Museum"},
            {"sum_visitors": 7, "kind": "Park"},
        ])
    );
    let query = json!({"groupingColumns": [], "columns": columns});
    let id = store(&mut client, "System/GroupingAggregationRtQuery", query).await;
    let answer = run(&mut client, &id, json!({})).await;
    assert_failure(
        &answer,
        "Persisted grouping aggregation query has no GroupingColumns.",
    );
}

#[tokio::test]
async fn what_is_no_stored_query_is_not_run() {
    let (_app, mut client) = acme().await;
    let blank = run(&mut client, " ", json!({})).await;
    assert_failure(&blank, "queryRtId is required.");
    let unknown = "660000000000000000000001";
    let answer = run(&mut client, unknown, json!({})).await;
    assert_failure(&answer, &format!("Persisted query '{unknown}' not found."));
    assert_eq!(
        (&answer["queryRtId"], &answer["tenantId"]),
        (&json!(unknown), &json!("acme"))
    );
    assert_failure(&run(&mut client, "me", json!({})).await, "not found");

    let place = json!({"tenantId": "acme", "ckTypeId": "Example/Place"});
    let found = client.call("query_entities_simple", place).await;
    let place = found["entities"][0]["rtId"].as_str().unwrap().to_owned();
    assert_failure(&run(&mut client, &place, json!({})).await, "not found");

    let stream = store(
        &mut client,
        "System/SimpleSdQuery",
        json!({"columns": ["x"]}),
    )
    .await;
    let answer = run(&mut client, &stream, json!({})).await;
    assert_failure(&answer, "Unknown persisted query subtype: RtSimpleSdQuery");
    assert_eq!(answer["querySubtype"], json!("RtSimpleSdQuery"));

    let simple = json!({"columns": [], "queryCkTypeId": "Example/Plase"});
    let broken = store(&mut client, "System/SimpleRtQuery", simple).await;
    assert_failure(&run(&mut client, &broken, json!({})).await, "Example/Place");
    let delete = json!({
        "tenantId": "acme", "ckTypeId": "System/SimpleRtQuery", "rtId": broken, "confirm": true,
    });
    assert_success(&client.call("delete_entity", delete).await);
    assert_failure(&run(&mut client, &broken, json!({})).await, "not found");
}

#[tokio::test]
async fn stored_queries_do_not_tell_secrets() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let secret = "passwordHash";
    let users = |members: Value| {
        let mut members = members;
        members["queryCkTypeId"] = json!("System.Identity/User");
        members
    };
    let figure = json!([{"attributePath": secret, "aggregationType": "Count"}]);
    for (kind, members) in [
        (
            "SimpleRtQuery",
            json!({"columns": [], "fieldFilter": [condition(secret, "Like", "*a*")]}),
        ),
        (
            "SimpleRtQuery",
            json!({"columns": [], "sorting": [{"attributePath": secret, "sortOrder": 1}]}),
        ),
        (
            "SimpleRtQuery",
            json!({"columns": [], "attributeSearchFilter": {"attributePaths": [secret], "searchValue": "a"}}),
        ),
        ("AggregationRtQuery", json!({"columns": figure})),
        (
            "GroupingAggregationRtQuery",
            json!({"columns": [{"attributePath": "rtId", "aggregationType": "Count"}], "groupingColumns": [secret]}),
        ),
    ] {
        let id = store(&mut client, &format!("System/{kind}"), users(members)).await;
        let answer = run(&mut client, &id, json!({})).await;
        assert_failure(&answer, "holds secrets");
    }
    let id = store(
        &mut client,
        "System/SimpleRtQuery",
        users(json!({"columns": [secret]})),
    )
    .await;
    let filter =
        json!({"extraFilters": {"fields": [{"attributePath": secret, "operator": "IsNotNull"}]}});
    assert_failure(&run(&mut client, &id, filter).await, "holds secrets");
    let all = run(&mut client, &id, json!({})).await;
    assert_success(&all);
    assert!(!all.to_string().contains("argon2"), "{all:#}");
}
