//! Finding entities by filters and searches, page by page.

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::garden::{PLANT, acme, names, nobody, plants, value};

fn fields(fields: Value) -> Value {
    json!({"filters": {"fields": fields}})
}

fn one(path: &str, operator: &str, operand: Value) -> Value {
    fields(json!([{"attributePath": path, "operator": operator, "value": operand}]))
}

#[tokio::test]
async fn every_operator_works_through_the_tool() {
    let (_app, mut client) = acme().await;
    let table = [
        (one("name", "Equals", json!("Fern")), "Fern"),
        (one("name", "equals", json!("fern")), ""),
        (one("height", "NotEquals", json!(60)), "Red rose,Fern,Sage"),
        (
            one("name", "Contains", json!("ROSE")),
            "Red rose,White rose",
        ),
        (one("name", "StartsWith", json!("re")), "Red rose"),
        (one("name", "EndsWith", json!("N")), "Fern"),
        (one("height", "GreaterThan", json!("60")), "Red rose"),
        (
            one("height", "GreaterThanOrEqual", json!(60)),
            "Red rose,White rose",
        ),
        (one("height", "LessThan", json!(60)), "Sage"),
        (
            one("height", "LessThanOrEqual", json!(60)),
            "White rose,Sage",
        ),
        (one("height", "Between", json!([40, 60])), "White rose,Sage"),
        (one("height", "In", json!([40, 80])), "Red rose,Sage"),
        (one("height", "NotIn", json!([40, 80])), "White rose,Fern"),
        (
            one("state", "In", json!(["in_bloom", "Growing"])),
            "Red rose,Sage",
        ),
        (one("height", "IsNull", Value::Null), "Fern"),
        (
            one("height", "IsNotNull", Value::Null),
            "Red rose,White rose,Sage",
        ),
        (one("name", "Regex", json!("^[RS]")), "Red rose,Sage"),
        (one("name", "Like", json!("r*e")), "Red rose,White rose"),
        (one("tags", "AnyEq", json!("scent")), "Red rose,Sage"),
        (one("tags", "AnyLike", json!("TH*")), "Red rose"),
        (one("tags[-1]", "Equals", json!("scent")), "Red rose,Sage"),
        (
            one("planted", "GreaterThan", json!("2024-01-01")),
            "Red rose",
        ),
        (
            one("planted", "LessThan", json!("@now(0)")),
            "Red rose,Fern",
        ),
        (one("cares[*].litres", "GreaterThan", json!(2)), "Red rose"),
        (
            one("parent.Garden/Bed->name", "Equals", json!("South")),
            "Sage",
        ),
        (one("name", "3", json!("sa")), "Sage"),
        (
            fields(
                json!([{"attributePath": "height", "operator": 9, "value": 50, "secondValue": 70}]),
            ),
            "White rose",
        ),
        (
            fields(
                json!([{"attributePath": "cares", "operator": "Match", "value": {
                "fields": [{"attributePath": "what", "value": "water"},
                    {"attributePath": "litres", "operator": "greaterthan", "value": 1}]}}]),
            ),
            "Red rose",
        ),
        (
            fields(json!([{"attributePath": " ", "value": "skipped"}])),
            "Red rose,White rose,Fern,Sage",
        ),
    ];
    for (arguments, expected) in table {
        if arguments["filters"]["fields"][0]["operator"] == json!("3") {
            // Positions are numbers; as text they are no names.
            assert_failure(&plants(&mut client, arguments).await, "operator");
            continue;
        }
        let label = arguments.to_string();
        let answer = plants(&mut client, arguments).await;
        assert_eq!(names(&answer), expected, "{label}");
    }
}

#[tokio::test]
async fn groups_combine_fields_and_nested_filters() {
    let (_app, mut client) = acme().await;
    let filters = json!({"filters": {"operator": "Or",
        "fields": [{"attributePath": "name", "value": "Fern"}],
        "nestedFilters": [{"operator": "And", "fields": [
            {"attributePath": "tags", "operator": "AnyEq", "value": "scent"},
            {"attributePath": "height", "operator": "LessThan", "value": 50},
        ]}, {"fields": []}],
    }});
    assert_eq!(names(&plants(&mut client, filters).await), "Fern,Sage");
}

#[tokio::test]
async fn all_problems_are_reported_with_their_place() {
    let (_app, mut client) = acme().await;
    let filters = json!({"filters": {
        "fields": [{"attributePath": "nam", "value": "x"}, {"attributePath": "height", "value": "tall"}],
        "nestedFilters": [{"fields": [{"attributePath": "planted", "operator": "GreaterThan", "value": "soon"}]}],
    }, "sort": [{"attributePath": "hight"}]});
    let answer = plants(&mut client, filters).await;
    for part in [
        "filters.fields[0]: Attribute path 'nam' does not exist on type 'Garden-1.0.0/Plant-1'. Did you mean 'name'?",
        "filters.fields[1]: Value 'tall' is not valid",
        "filters.nestedFilters[0].fields[0]: Value 'soon'",
        "Sort definition contains attribute 'hight'",
    ] {
        assert_failure(&answer, part);
    }
    assert_eq!(answer["ckTypeId"], json!(PLANT));
    let record = plants(&mut client, one("cares", "Equals", json!("x"))).await;
    assert_failure(&record, "Cannot filter on a Record attribute directly");
    assert_failure(&record, "cares.what");
}

#[tokio::test]
async fn bad_input_is_refused_clearly() {
    let (_app, mut client) = acme().await;
    let list: Vec<u32> = (0..10_001).collect();
    let many = vec![json!({"attributePath": "name", "value": "x"}); 1_001];
    for (arguments, part) in [
        (json!({"limit": 0}), "limit must be at least 1"),
        (json!({"limit": 1001}), "limit must be at most 1000"),
        (json!({"offset": -1}), "offset must be at least 0"),
        (
            one("name", "Sounds", json!("x")),
            "filters.fields[0].operator must be one of",
        ),
        (one("height", "In", json!(5)), "requires a list"),
        (one("height", "In", json!(list)), "at most 10000 entries"),
        (fields(json!(many)), "at most 1000 conditions"),
        (
            one("name", "Between", json!("x")),
            "requires a secondary value",
        ),
        (
            one("name", "Regex", json!("(")),
            "regular expression cannot be used",
        ),
        (
            one("name", "Regex", json!("((a{1000}){1000}){1000}")),
            "regular expression",
        ),
        (
            one("name", "Regex", json!("a".repeat(2_000))),
            "at most 1000 characters",
        ),
        (
            one("name", "Equals", json!("x".repeat(1_000_000))),
            "longer than 65536 bytes",
        ),
        (
            one("cares", "Match", json!("x")),
            "Match filter value 'x' is not supported",
        ),
        (
            one("cares", "Match", json!({"fields": 5})),
            "filters.fields[0].value:",
        ),
        (
            json!({"cursor": "abc"}),
            "cursor does not belong to this query",
        ),
        (
            json!({"textSearch": {"searchValue": "-x"}}),
            "at least one word",
        ),
        (
            json!({"attributeSearch": {"attributePaths": [], "searchValue": "x"}}),
            "between 1 and 100",
        ),
        (
            json!({"near": {"attributePath": "position", "longitude": 200, "latitude": 0}}),
            "longitude between -180 and 180",
        ),
        (json!({"attributePaths": ["parent.Garden/Bed"]}), "add '->'"),
        (json!({"ckTypeId": "Garden/Plnat"}), "Garden/Plant"),
    ] {
        assert_failure(&plants(&mut client, arguments).await, part);
    }
    let mut deep = json!({"fields": [{"attributePath": "name", "value": "x"}]});
    for _ in 0..40 {
        deep = json!({"nestedFilters": [deep]});
    }
    let answer = plants(&mut client, json!({"filters": deep})).await;
    assert_failure(&answer, "nested");
}

#[tokio::test]
async fn a_filter_nested_a_thousand_deep_is_refused_and_harms_nobody() {
    let (app, mut client) = acme().await;
    // As text: building it as a value would need much of the test's own stack.
    let open = r#"{"nestedFilters":["#.repeat(1_000);
    let deep = format!("{open}{}", "]}".repeat(1_000));
    let answer = plants(&mut client, json!({"filters": deep})).await;
    assert_failure(&answer, "nested");
    let message = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"query_entities","arguments":{{"ckTypeId":"{PLANT}","filters":{deep}}}}}}}"#
    );
    let request = reqwest::Client::new().post(app.mcp_url()).body(message);
    let request = request
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream");
    assert!(request.send().await.unwrap().status().is_client_error());
    assert_success(&plants(&mut client, json!({})).await);
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_asked_for() {
    let (_app, mut client) = acme().await;
    let order = json!([{"attributePath": "height", "sortOrder": "Descending"}]);
    let query = json!({"sort": order, "limit": 3});
    let first = plants(&mut client, query.clone()).await;
    assert_eq!(names(&first), "Red rose,White rose,Sage");
    assert_eq!(
        (&first["totalCount"], &first["returnedCount"]),
        (&json!(4), &json!(3))
    );
    let mut next = query.clone();
    next["cursor"] = first["nextCursor"].clone();
    let second = plants(&mut client, next.clone()).await;
    assert_eq!(
        (names(&second).as_str(), &second["totalCount"]),
        ("Fern", &json!(4))
    );
    assert_eq!(second.get("nextCursor"), None);
    next["sort"] = json!([{"attributePath": "name"}]);
    assert_failure(
        &plants(&mut client, next).await,
        "does not belong to this query",
    );
    let by_bed = json!({"sort": [
        {"attributePath": "parent.Garden/Bed->name", "sortOrder": "Descending"},
        {"attributePath": "name"},
    ]});
    let sorted = plants(&mut client, by_bed).await;
    assert_eq!(names(&sorted), "Sage,Fern,Red rose,White rose");
}

#[tokio::test]
async fn searches_find_words_values_and_places() {
    let (_app, mut client) = acme().await;
    let words = json!({"textSearch": {"searchValue": "roses scents"}});
    assert_eq!(
        names(&plants(&mut client, words).await),
        "Red rose,White rose,Sage"
    );
    let values = json!({"attributeSearch": {
        "attributePaths": ["name", "height", "state"], "searchValue": "grow*"}});
    assert_eq!(names(&plants(&mut client, values).await), "Sage");
    let near = json!({"near": {"attributePath": "position",
        "longitude": 16.4, "latitude": 48.2, "maxDistance": 5000}});
    assert_eq!(
        names(&plants(&mut client, near).await),
        "White rose,Red rose"
    );
    let simple = json!({"tenantId": "acme", "ckTypeId": "Garden/Bed",
        "simpleFilters": {"children.Garden/Plant::totalCount": 1}});
    let beds = client.call("query_entities_simple", simple).await;
    assert_eq!(names(&beds), "South");
}

#[tokio::test]
async fn attribute_paths_reach_into_lists_and_over_associations() {
    let (_app, mut client) = acme().await;
    let mut query = one("name", "Equals", json!("Red rose"));
    query["attributePaths"] = json!(["name", "cares.what", "tags[-1]", "parent.Garden/Bed->name"]);
    let found = plants(&mut client, query).await;
    let rose = &found["entities"][0];
    assert_eq!(value(rose, "tags"), &json!(["scent"]));
    assert_eq!(value(rose, "parent.Garden/Bed->name"), &json!("North"));
    assert_eq!(value(rose, "height"), &Value::Null);
    let cares = value(rose, "cares");
    assert_eq!(value(&cares[1], "what"), &json!("cut"), "{cares}");
    assert_eq!(value(&cares[1], "litres"), &Value::Null);

    let get = json!({"tenantId": "acme", "ckTypeId": PLANT, "rtId": rose["rtId"],
        "attributePaths": ["parent.Garden/Bed->children.Garden/Plant::totalCount"]});
    let got = client.call("get_entity_by_id", get).await;
    let attributes = got["entity"]["attributes"].as_array().unwrap();
    assert_eq!(attributes.len(), 1, "{got}");
    assert_eq!(attributes[0]["value"], json!(3));
}

#[tokio::test]
async fn archived_entities_are_shown_when_asked_for() {
    let (_app, mut client) = acme().await;
    let fern = plants(&mut client, one("name", "Equals", json!("Fern"))).await;
    let rt_id = fern["entities"][0]["rtId"].clone();
    let named = |extra: Value| {
        let mut named = json!({"tenantId": "acme", "ckTypeId": PLANT, "rtId": rt_id});
        for (name, value) in extra.as_object().unwrap() {
            named[name] = value.clone();
        }
        named
    };
    let deleted = client
        .call("delete_entity", named(json!({"confirm": true})))
        .await;
    assert_success(&deleted);
    let gone = client.call("get_entity_by_id", named(json!({}))).await;
    assert_failure(&gone, "not found in type 'Garden/Plant'");
    assert_eq!(gone["typeId"], json!(PLANT));
    let archived = named(json!({"includeArchived": true}));
    let archived = client.call("get_entity_by_id", archived).await;
    assert_eq!(
        archived["entity"]["rtState"],
        json!("Archived"),
        "{archived}"
    );

    let active = plants(&mut client, json!({})).await;
    assert_eq!(active["totalCount"], json!(3));
    let all = plants(&mut client, json!({"includeArchived": true})).await;
    assert_eq!(all["totalCount"], json!(4));

    let elsewhere = json!({"ckTypeId": "Garden/Bed", "includeArchived": true});
    let elsewhere = client.call("get_entity_by_id", named(elsewhere)).await;
    assert_failure(&elsewhere, "not found in type 'Garden/Bed'");
    let nobody = named(json!({"rtId": nobody()}));
    assert_failure(&client.call("get_entity_by_id", nobody).await, "not found");
    let no_id = named(json!({"rtId": "xyz"}));
    let refused = client.call("get_entity_by_id", no_id).await;
    assert_failure(&refused, "is not a valid 24 digit hex string");
}

#[tokio::test]
async fn secrets_are_not_searched_sorted_by_or_reached_over_associations() {
    let app = App::start().await;
    let mut client = app.admin().await;
    let user = "System.Identity/User";
    let by = |arguments: Value| {
        let mut all = json!({"tenantId": "octosystem", "ckTypeId": user});
        for (name, value) in arguments.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    };
    let inner = json!({"fields": [{"attributePath": "PasswordHash", "value": "x"}]});
    for arguments in [
        one("passwordHash", "StartsWith", json!("x")),
        json!({"filters": {"nestedFilters": [inner.clone()]}}),
        json!({"sort": [{"attributePath": "securityStamp"}]}),
        json!({"attributeSearch": {"attributePaths": ["userName", "PasswordHash"], "searchValue": "x"}}),
        one(
            "relatesTo.System.Identity/User->passwordHash",
            "StartsWith",
            json!("x"),
        ),
        json!({"ckTypeId": "System/Entity", "filters": {"fields": [
            {"attributePath": "relatesTo.System.Identity/User", "operator": "Match", "value": inner}]}}),
        json!({"ckTypeId": "System/Entity", "sort": [
            {"attributePath": "relatesTo.systemIdentityUser->passwordHash"}]}),
        json!({"ckTypeId": "System/Entity", "filters": {"fields": [
            {"attributePath": "relatesTo.System.Identity/User[passwordHash='x']::exists", "value": true}]}}),
    ] {
        let label = arguments.to_string();
        let answer = client.call("query_entities", by(arguments)).await;
        assert!(
            answer["errorMessage"]
                .as_str()
                .is_some_and(|m| m.contains("holds secrets")),
            "{label}: {answer}"
        );
    }
    let shown = json!({"attributePaths": ["relatesTo.System.Identity/User->passwordHash", "passwordHash", "userName"]});
    let answer = client.call("query_entities", by(shown)).await;
    assert!(!answer.to_string().contains("argon2"), "{answer}");
}

#[tokio::test]
async fn queries_need_a_signed_in_caller_of_the_tenant() {
    let (app, _admin) = acme().await;
    let mut anybody = app.client().await;
    for tool in ["query_entities", "query_entities_simple"] {
        let query = json!({"tenantId": "acme", "ckTypeId": PLANT});
        assert_failure(&anybody.call(tool, query).await, "Not authenticated");
    }
    let mut admin = app.admin().await;
    let elsewhere = json!({"tenantId": "nowhere", "ckTypeId": PLANT});
    let refused = admin.call("query_entities", elsewhere).await;
    assert_eq!(refused["isSuccess"], json!(false), "{refused}");
}
