//! The tools for e-mail-domain group rules (spec, identity 8.10).

use serde_json::json;

use crate::app::{App, assert_success, expect, refuse};

const UNKNOWN: &str = "66ffffffffffffffffffffff";

#[tokio::test]
async fn a_rule_is_created_changed_and_deleted() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let new = json!({
        "emailDomainPattern": "@Example.org", "targetGroupRtId": "tenantowners",
        "description": "the house",
    });
    let text = "Email-domain group rule for 'example.org' created.";
    let created = expect(&mut admin, "create_email_domain_group_rule", new, text).await;
    let id = created["rtId"].as_str().unwrap().to_owned();
    assert_eq!(
        created["rule"]["targetGroupRtId"],
        json!("660000000000000000000040")
    );

    let change = json!({
        "rtId": id, "emailDomainPattern": "other.org",
        "targetGroupRtId": "660000000000000000000040",
    });
    let text = format!("Email-domain group rule '{id}' updated.");
    let changed = expect(&mut admin, "update_email_domain_group_rule", change, &text).await;
    assert_eq!(changed["rule"]["emailDomainPattern"], json!("other.org"));
    assert_eq!(changed["rule"]["description"], json!("the house"), "stays");

    let one = json!({"tenantId": "acme", "rtId": id.to_uppercase()});
    let shown = admin.call("get_email_domain_group_rule", one).await;
    assert_success(&shown);
    assert_eq!(shown["rule"], changed["rule"]);
    assert!(shown["message"].is_null());
    let listed = admin
        .call("get_email_domain_group_rules", json!({"tenantId": "acme"}))
        .await;
    assert_success(&listed);
    assert_eq!(
        (&listed["totalCount"], &listed["rules"][0]),
        (&json!(1), &shown["rule"])
    );

    let delete = |confirm| json!({"rtId": id, "confirm": confirm});
    let text = format!("Refusing to delete email-domain group rule '{id}' without confirm=true.");
    refuse(
        &mut admin,
        "delete_email_domain_group_rule",
        delete(false),
        &text,
    )
    .await;
    let text = format!("Email-domain group rule '{id}' deleted.");
    expect(
        &mut admin,
        "delete_email_domain_group_rule",
        delete(true),
        &text,
    )
    .await;
    let tool = "delete_email_domain_group_rule";
    refuse(&mut admin, tool, delete(true), "not found").await;
}

#[tokio::test]
async fn an_unknown_rule_is_not_created_by_an_update() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let change = json!({
        "rtId": UNKNOWN, "emailDomainPattern": "other.org", "targetGroupRtId": "TenantOwners",
    });
    let text = format!("Email-domain group rule '{UNKNOWN}' not found.");
    refuse(&mut admin, "update_email_domain_group_rule", change, &text).await;
    let short = json!({"rtId": "abc"});
    let text = "'abc' is not a valid 24 digit hex string (got 3 characters).";
    refuse(&mut admin, "get_email_domain_group_rule", short, text).await;
    let nowhere = json!({"emailDomainPattern": "x.org", "targetGroupRtId": UNKNOWN});
    let text = format!("Group '{UNKNOWN}' not found.");
    refuse(&mut admin, "create_email_domain_group_rule", nowhere, &text).await;
    let wild = json!({"emailDomainPattern": "*.x.org", "targetGroupRtId": "TenantOwners"});
    refuse(
        &mut admin,
        "create_email_domain_group_rule",
        wild,
        "is not a domain",
    )
    .await;
    let blank = json!({"emailDomainPattern": " ", "targetGroupRtId": "TenantOwners"});
    let text = "emailDomainPattern is required.";
    refuse(&mut admin, "create_email_domain_group_rule", blank, text).await;
    let listed = admin
        .call("get_email_domain_group_rules", json!({"tenantId": "acme"}))
        .await;
    assert_eq!(
        (&listed["totalCount"], &listed["rules"]),
        (&json!(0), &json!([]))
    );
}
