//! Conditions of scripts and steps, and validations.

use serde_json::{Value as Json, json};

use super::shop::{article, later, names, second, steps, tenant};
use crate::fixture::Fixture;

const UPDATE: &str =
    r#"{"action": "Update", "data": {"Title": "met"}, "target": {"ckTypeId": "Shop/Article"}}"#;

fn update() -> Json {
    serde_json::from_str(UPDATE).unwrap()
}

async fn articles_met(script: Json) -> (Vec<String>, Vec<String>) {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a").set("Number", 1)]).await;
    let mut import = tenant.import_models(vec![second(&script)]).await.unwrap();
    let met = names(&tenant, "Shop/Article", |e| e.attributes.contains("Title")).await;
    (met, import.migrations.remove(0).warnings)
}

fn conditions() -> Vec<(Json, bool)> {
    let exists = |kind: &str, ck_type: &str| json!({"type": kind, "target": {"ckTypeId": ck_type}});
    let attribute = |value: Json| json!({"type": "AttributeEquals", "target": {"ckTypeId": "Shop/Article"}, "attribute": "Number", "value": value});
    let installed = |model: &str, version: &str| json!({"type": "CkModelVersionInstalled", "ckModelId": model, "version": version});
    vec![
        (exists("EntityExists", "Shop/Article"), true),
        (exists("EntityExists", "Shop/Legacy"), false),
        (exists("EntityExists", "Shop/LongGone"), false),
        (exists("EntityNotExists", "Shop/Legacy"), true),
        (exists("EntityNotExists", "Shop/Article"), false),
        (attribute(json!("1")), true),
        (attribute(json!(2)), false),
        (installed("System", "2.0"), true),
        (installed("System", "[2.0,2.1)"), false),
        (installed("System-2.2.2", "[2.2.2]"), true),
        // The data is at 1.0.0 until the script has run.
        (installed("Shop", "[1.0]"), true),
        (installed("Shop", "2.0.0"), false),
        (installed("Nothing", "1.0"), false),
        (
            json!({"type": "CkModelVersionInstalled", "ckModelId": "System-9.0.0"}),
            false,
        ),
        (
            json!({"type": "CkModelVersionInstalled", "ckModelId": "System"}),
            true,
        ),
    ]
}

#[tokio::test]
async fn scripts_without_their_pre_conditions_are_skipped() {
    for (condition, holds) in conditions() {
        let mut script = steps(json!([update()]));
        script["preConditions"] = json!([condition]);
        let (met, warnings) = articles_met(script).await;
        assert_eq!(!met.is_empty(), holds, "{condition}");
        let skipped = warnings
            .iter()
            .any(|w| w.contains("was skipped: its pre-condition"));
        assert_eq!(skipped, !holds, "{warnings:?}");
    }
}

#[tokio::test]
async fn steps_without_their_condition_are_skipped() {
    for (condition, holds) in conditions().into_iter().take(6) {
        let mut step = update();
        step["condition"] = condition.clone();
        let (met, warnings) = articles_met(steps(json!([step]))).await;
        assert_eq!(!met.is_empty(), holds, "{condition}");
        assert_eq!(warnings, Vec::<String>::new());
    }
}

#[tokio::test]
async fn conditions_that_make_no_sense_are_errors() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    for (condition, expected) in [
        (json!({"type": "EntityExists"}), "no target is given"),
        (
            json!({"type": "AttributeEquals"}),
            "the condition names no attribute",
        ),
        (
            json!({"type": "CkModelVersionInstalled"}),
            "the condition names no ckModelId",
        ),
        (
            json!({"type": "CkModelVersionInstalled", "ckModelId": "System", "version": "[new"}),
            "[new",
        ),
    ] {
        let mut script = steps(json!([update()]));
        script["preConditions"] = json!([condition]);
        let error = tenant
            .import_models(vec![second(&script)])
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn validations_are_evaluated_with_their_severity() {
    let validations = [
        (json!({"type": "EntityCount", "expectedCount": 1}), None),
        (json!({"type": "EntityExists"}), None),
        (
            json!({"type": "EntityCount", "expectedCount": 2}),
            Some("there are 1 entities of 'Shop/Article', 2 are expected."),
        ),
        (
            json!({"type": "EntityCount"}),
            Some("it has no expectedCount."),
        ),
        (
            json!({"type": "NoEntitiesOfType"}),
            Some("there are 1 entities of 'Shop/Article', none are expected."),
        ),
        (
            json!({"type": "EntityExists", "target": {"ckTypeId": "Shop/Special"}}),
            Some("there is no entity of 'Shop/Special'."),
        ),
    ];
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    let mut expected_version = "1.0.0".to_owned();
    for (number, (mut validation, violated)) in validations.into_iter().enumerate() {
        if validation.get("target").is_none() {
            validation["target"] = json!({"ckTypeId": "Shop/Article"});
        }
        validation["validationId"] = json!("check");
        let version = format!("2.0.{number}");
        let import = |validation: &Json| {
            let mut script = steps(json!([]));
            script["postValidations"] = json!([validation]);
            let from = expected_version.clone();
            tenant.import_models(vec![later(&version, &[(&from, &version, script)])])
        };
        if let Some(text) = violated {
            let error = import(&validation).await.unwrap_err().to_string();
            assert!(
                error.contains(&format!("Validation 'check': {text}")),
                "{error}"
            );
        }
        validation["severity"] = json!("Warning");
        let done = import(&validation).await.unwrap();
        let warnings = &done.migrations[0].warnings;
        let expected: Vec<String> = violated
            .map(|text| format!("Validation 'check': {text}"))
            .into_iter()
            .collect();
        assert_eq!(*warnings, expected);
        expected_version = version;
    }
}
