//! The schema tools (spec, Construction Kit 12).

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::models::import_example;

async fn acme() -> (App, Client) {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    import_example(&app, &mut client, "acme").await;
    (app, client)
}

async fn call(client: &mut Client, tool: &str, mut arguments: Value) -> Value {
    arguments["tenantId"] = json!("acme");
    client.call(tool, arguments).await
}

/// Ids of the types in a list.
fn ids(list: &Value) -> Vec<&str> {
    let types = list.as_array().unwrap().iter();
    types.map(|t| t["ckTypeId"].as_str().unwrap()).collect()
}

fn named<'a>(list: &'a Value, path: &str) -> &'a Value {
    let mut items = list.as_array().unwrap().iter();
    let found = items.find(|item| item["attributePath"] == json!(path));
    found.unwrap_or_else(|| panic!("{path} is not in {list:#}"))
}

#[tokio::test]
async fn installed_models_are_listed_with_their_versions() {
    let (_app, mut client) = acme().await;
    let models = call(&mut client, "get_available_models", json!({})).await;
    assert_success(&models);
    let names = models["models"].as_array().unwrap();
    assert_eq!(models["totalModels"], json!(names.len()));
    assert!(names.contains(&json!("Example-1.0.0")), "{models}");
    for builtin in ["System-", "System.Identity-"] {
        let has = |name: &&Value| name.as_str().unwrap().starts_with(builtin);
        assert_eq!(names.iter().filter(has).count(), 1, "{models}");
    }
    let mut sorted = names.clone();
    sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    assert_eq!(&sorted, names);
}

#[tokio::test]
async fn types_are_listed_by_model_with_and_without_abstract_ones() {
    let (_app, mut client) = acme().await;
    let all = call(&mut client, "get_available_types", json!({})).await;
    assert_success(&all);
    assert_eq!(all["includeAbstract"], json!(false));
    assert!(all["modelIdFilter"].is_null(), "{all}");
    assert!(ids(&all["types"]).contains(&"Example/Place"), "{all}");
    assert!(!ids(&all["types"]).contains(&"Example/Named"), "{all}");
    assert!(all["types"].as_array().unwrap().len() > 5);
    assert_eq!(
        all["totalTypes"],
        json!(all["types"].as_array().unwrap().len())
    );
    for model in ["Example", "Example-1.0.0", " Example "] {
        let arguments = json!({"ckModelId": model, "includeAbstract": "true"});
        let some = call(&mut client, "get_available_types", arguments).await;
        assert_eq!(
            ids(&some["types"]),
            ["Example/Named", "Example/Place"],
            "{model}"
        );
        assert_eq!(some["modelIdFilter"], json!(model));
    }
    let place = &call(
        &mut client,
        "get_available_types",
        json!({"ckModelId": "Example"}),
    )
    .await["types"][0];
    assert_eq!(
        *place,
        json!({
            "ckTypeId": "Example/Place", "modelId": "Example-1.0.0", "typeId": "Place",
            "typeName": "Place", "version": 1, "isAbstract": false, "isFinal": false,
            "isCollectionRoot": false, "description": "Somewhere to go.",
            "derivedFrom": "Example-1.0.0/Named-1",
        })
    );
    let none = call(
        &mut client,
        "get_available_types",
        json!({"ckModelId": "Example-2"}),
    )
    .await;
    assert_success(&none);
    assert_eq!(none["totalTypes"], json!(0));
}

#[tokio::test]
async fn types_are_found_by_name_and_description_in_any_case() {
    let (_app, mut client) = acme().await;
    for (term, include_abstract, expected) in [
        ("PLACE", false, vec!["Example/Place"]),
        (" somewhere ", false, vec!["Example/Place"]),
        ("example/", true, vec!["Example/Named", "Example/Place"]),
        ("example/", false, vec!["Example/Place"]),
        ("no such thing", true, vec![]),
    ] {
        let arguments = json!({"searchTerm": term, "includeAbstract": include_abstract});
        let found = call(&mut client, "search_types", arguments).await;
        assert_success(&found);
        assert_eq!(ids(&found["matches"]), expected, "{term}");
        assert_eq!(found["matchCount"], json!(expected.len()));
        assert_eq!(found["searchTerm"], json!(term));
    }
    let all = call(&mut client, "search_types", json!({"searchTerm": ""})).await;
    let listed = call(&mut client, "get_available_types", json!({})).await;
    assert_eq!(all["matchCount"], listed["totalTypes"]);
    let missing = call(&mut client, "search_types", json!({})).await;
    assert_failure(&missing, "searchTerm is required.");
}

#[tokio::test]
async fn a_type_is_found_under_every_spelling_of_its_id() {
    let (_app, mut client) = acme().await;
    let exact = json!({"ckTypeId": "Example/Place"});
    let expected = call(&mut client, "get_type_schema", exact).await;
    assert_success(&expected);
    assert_eq!(expected["ckTypeId"], json!("Example-1.0.0/Place-1"));
    for spelling in [
        "Example-1.0.0/Place-1",
        "Example-1/Place-1",
        "Example-1/Place",
        "Example-1.0.0/Place",
        "Example/Place-1",
        // A tenant has one version of a model, so the version does not matter.
        "Example-2/Place",
        " Example/Place ",
    ] {
        let arguments = json!({"ckTypeId": spelling});
        let schema = call(&mut client, "get_type_schema", arguments).await;
        assert_eq!(schema, expected, "{spelling}");
    }
    for (wrong, hint) in [
        ("Example/Plase", "Example/Place"),
        ("Exmaple/Place", "Example/Place"),
        ("Example/place", "Example/Place"),
        ("Example/Place-2", "Example/Place"),
        ("Place", "Example/Place"),
        ("", "ckTypeId is required."),
        ("/", ""),
        ("Example/Place-99999999999999999999", ""),
        (&"x/".repeat(5_000), ""),
    ] {
        let arguments = json!({"ckTypeId": wrong});
        let answer = call(&mut client, "get_type_schema", arguments).await;
        assert_failure(&answer, hint);
    }
    let arguments = json!({"ckTypeId": "Example/Plase"});
    let answer = call(&mut client, "get_type_schema", arguments).await;
    let text = answer["errorMessage"].as_str().unwrap();
    let start = "CkTypeId 'Example/Plase' not found in CkCache for tenant 'acme'. Ensure that ";
    assert!(text.starts_with(start), "{text}");
}

#[tokio::test]
async fn a_schema_says_what_an_entity_needs_and_may_have() {
    let (_app, mut client) = acme().await;
    let place = json!({"ckTypeId": "Example/Place"});
    let schema = call(&mut client, "get_type_schema", place).await;
    assert_eq!(schema["modelId"], json!("Example-1.0.0"));
    assert_eq!(
        (&schema["typeName"], &schema["version"]),
        (&json!("Place"), &json!("1"))
    );
    assert_eq!(schema["derivedFrom"], json!("Example-1.0.0/Named-1"));
    let bases = schema["inheritanceHierarchy"].as_array().unwrap();
    assert_eq!(
        bases[0]["semanticVersionedFullName"],
        json!("Example/Named")
    );
    assert_eq!(bases[1]["elementId"], json!("Entity-1"));

    let write = &schema["schema"];
    assert_eq!(write["canCreate"], json!(true));
    let required = &write["requiredAttributes"];
    assert_eq!(required.as_array().unwrap().len(), 1, "{required}");
    assert_eq!(named(required, "name")["valueType"], json!("String"));
    let optional = &write["optionalAttributes"];
    assert_eq!(named(optional, "visitors")["valueType"], json!("Int"));
    let kind = named(optional, "kind");
    assert_eq!(kind["enumValues"], json!(["Park", "Museum"]));
    let address = named(optional, "address");
    assert_eq!(address["valueType"], json!("Record"));
    assert_eq!(address["recordFields"][0]["name"], json!("city"));
    // Paths for reading reach into records and know what every entity has.
    let paths = &schema["attributes"];
    assert_eq!(named(paths, "address.city")["valueType"], json!("String"));
    named(paths, "name");

    let base = json!({"ckTypeId": "Example/Named"});
    let base = call(&mut client, "get_type_schema", base).await;
    assert_eq!(
        (&base["isAbstract"], &base["schema"]["canCreate"]),
        (&json!(true), &json!(false))
    );
    let user = json!({"ckTypeId": "System.Identity/User"});
    let user = call(&mut client, "get_type_schema", user).await;
    assert_success(&user);
    let inherited = json!({"ckTypeId": "System/Entity"});
    let entity = call(&mut client, "get_type_schema", inherited).await;
    assert!(entity["derivedFrom"].is_null(), "{entity}");
    assert_eq!(entity["inheritanceHierarchy"], json!([]));
}
