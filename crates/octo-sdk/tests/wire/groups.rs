//! Routes of groups, e-mail-domain rules, mappings and admin provisioning.

use octo_sdk::identity::{
    CreateExternalTenantUserMappingDto, CreateGroupDto, EmailDomainGroupRuleDto, IdentityClient,
    ProvisionWithGroupsDto, UpdateExternalTenantUserMappingDto, UpdateGroupDto,
};

use crate::identity::identity;
use crate::recorder::Recorder;

const GROUP: &str = r#"{"id":"g1","groupName":"Guides","groupDescription":null,"roleIds":["r1"],
    "memberUserIds":["u1"],"memberExternalUserIds":null,"memberClientIds":[],"memberGroupIds":[]}"#;

/// Checks what arrived: lines, each with its body after a blank line if it has one.
fn expect(server: &Recorder, expected: &[&str]) {
    let arrived: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| match request.body.is_empty() {
            true => request.line,
            false => format!("{} {}", request.line, request.body),
        })
        .collect();
    assert_eq!(arrived, expected);
}

#[tokio::test]
async fn lists_of_groups_are_read_in_both_shapes() {
    let bare = format!("[{GROUP}]");
    let wrapped = format!(r#"{{"groups":[{GROUP}]}}"#);
    let (server, client) = identity(&[(200, &bare), (200, &wrapped), (200, "[]"), (200, "")]).await;
    for _ in 0..2 {
        let groups = client.groups().await.unwrap();
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].group_name, "Guides");
        assert_eq!(groups[0].role_ids, ["r1"]);
        assert!(groups[0].member_external_user_ids.is_empty());
    }
    assert!(client.groups_page(3, 2).await.unwrap().is_empty());
    assert!(client.groups().await.unwrap().is_empty());
    expect(
        &server,
        &[
            "GET /acme/v1/groups",
            "GET /acme/v1/groups",
            "GET /acme/v1/groups/GetPaged?skip=3&take=2",
            "GET /acme/v1/groups",
        ],
    );
}

#[tokio::test]
async fn another_shape_is_a_failure() {
    for body in [r#"{"other":[]}"#, r#""text""#, r#"[{"groupName":[]}]"#] {
        let (_server, client) = identity(&[(200, body)]).await;
        let error = client.groups().await.unwrap_err().to_string();
        assert_eq!(error, format!("OK: {body}"));
    }
}

#[tokio::test]
async fn a_group_and_its_roles() {
    let (server, client) = identity(&[
        (200, GROUP),
        (200, GROUP),
        (201, GROUP),
        (200, GROUP),
        (200, ""),
        (200, r#"["r1","r2"]"#),
        (200, ""),
    ])
    .await;
    client.group("g1").await.unwrap();
    client.group_named("Night / Day").await.unwrap();
    let new = CreateGroupDto {
        group_name: "Guides".to_owned(),
        group_description: None,
        role_ids: Some(vec!["r1".to_owned()]),
    };
    assert_eq!(
        client.create_group(&new).await.unwrap().id.as_deref(),
        Some("g1")
    );
    let changed = UpdateGroupDto {
        group_name: "Guides".to_owned(),
        group_description: Some("who know the way".to_owned()),
    };
    client.update_group("g1", &changed).await.unwrap();
    client.delete_group("g1").await.unwrap();
    assert_eq!(client.group_roles("g1").await.unwrap(), ["r1", "r2"]);
    client.replace_group_roles("g1", &[]).await.unwrap();
    expect(
        &server,
        &[
            "GET /acme/v1/groups/g1",
            "GET /acme/v1/groups/names/Night%20%2F%20Day",
            r#"POST /acme/v1/groups {"groupName":"Guides","groupDescription":null,"roleIds":["r1"]}"#,
            r#"PUT /acme/v1/groups/g1 {"groupName":"Guides","groupDescription":"who know the way"}"#,
            "DELETE /acme/v1/groups/g1",
            "GET /acme/v1/groups/g1/roles",
            "PUT /acme/v1/groups/g1/roles []",
        ],
    );
}

#[tokio::test]
async fn members_of_a_group() {
    let list = (200, r#"["m1"]"#);
    let (server, client) = identity(&[list, list, list]).await;
    assert_eq!(client.group_users("g").await.unwrap(), ["m1"]);
    assert_eq!(client.group_clients("g").await.unwrap(), ["m1"]);
    assert_eq!(client.nested_groups("g").await.unwrap(), ["m1"]);
    client.add_user_to_group("g", "u").await.unwrap();
    client.remove_user_from_group("g", "u").await.unwrap();
    client.add_client_to_group("g", "c").await.unwrap();
    client.remove_client_from_group("g", "c").await.unwrap();
    client.add_group_to_group("g", "h").await.unwrap();
    client.remove_group_from_group("g", "h").await.unwrap();
    expect(
        &server,
        &[
            "GET /acme/v1/groups/g/members/users",
            "GET /acme/v1/groups/g/members/clients",
            "GET /acme/v1/groups/g/members/groups",
            "PUT /acme/v1/groups/g/members/users/u",
            "DELETE /acme/v1/groups/g/members/users/u",
            "PUT /acme/v1/groups/g/members/clients/c",
            "DELETE /acme/v1/groups/g/members/clients/c",
            "PUT /acme/v1/groups/g/members/groups/h",
            "DELETE /acme/v1/groups/g/members/groups/h",
        ],
    );
}

fn rule() -> EmailDomainGroupRuleDto {
    EmailDomainGroupRuleDto {
        rt_id: None,
        email_domain_pattern: "example.org".to_owned(),
        target_group_rt_id: "g1".to_owned(),
        description: None,
    }
}

const RULE: &str =
    r#"{"rtId":"e1","emailDomainPattern":"Example.org","targetGroupRtId":"G1","description":null}"#;
const RULE_BODY: &str =
    r#"{"rtId":null,"emailDomainPattern":"example.org","targetGroupRtId":"g1","description":null}"#;

#[tokio::test]
async fn email_domain_group_rules() {
    let list = format!(r#"{{"emailDomainGroupRules":[{RULE}]}}"#);
    let bare = format!("[{RULE}]");
    let (server, client) = identity(&[
        (200, &list),
        (200, &bare),
        (200, RULE),
        (200, r#"{"emailDomainGroupRules":[]}"#),
        (201, RULE),
        (200, RULE),
        (200, ""),
    ])
    .await;
    for _ in 0..2 {
        assert_eq!(client.email_domain_group_rules().await.unwrap().len(), 1);
    }
    client.email_domain_group_rule("e1").await.unwrap();
    let created = client
        .create_email_domain_group_rule(&rule())
        .await
        .unwrap();
    assert_eq!(created.rt_id.as_deref(), Some("e1"));
    client
        .update_email_domain_group_rule("e1", &rule())
        .await
        .unwrap();
    client.delete_email_domain_group_rule("e1").await.unwrap();
    expect(
        &server,
        &[
            "GET /acme/v1/emailDomainGroupRules",
            "GET /acme/v1/emailDomainGroupRules",
            "GET /acme/v1/emailDomainGroupRules/e1",
            "GET /acme/v1/emailDomainGroupRules",
            &format!("POST /acme/v1/emailDomainGroupRules {RULE_BODY}"),
            &format!("PUT /acme/v1/emailDomainGroupRules/e1 {RULE_BODY}"),
            "DELETE /acme/v1/emailDomainGroupRules/e1",
        ],
    );
}

#[tokio::test]
async fn a_rule_that_was_stored_in_spite_of_500_is_found() {
    let none = r#"{"emailDomainGroupRules":[]}"#;
    let one = format!(r#"{{"emailDomainGroupRules":[{RULE}]}}"#);
    let (_server, client) = identity(&[(200, none), (500, ""), (200, &one)]).await;
    let created = client
        .create_email_domain_group_rule(&rule())
        .await
        .unwrap();
    assert_eq!(created.rt_id.as_deref(), Some("e1"));

    // One that was there before does not count, and other refusals are not looked into.
    let (_server, client) = identity(&[(200, &one), (500, ""), (200, &one)]).await;
    client
        .create_email_domain_group_rule(&rule())
        .await
        .unwrap_err();
    let (server, client) = identity(&[(200, none), (400, "no")]).await;
    client
        .create_email_domain_group_rule(&rule())
        .await
        .unwrap_err();
    assert_eq!(server.requests().len(), 2);
}

const MAPPING: &str = r#"{"id":"m1","sourceTenantId":"octosystem","sourceUserId":"u1",
    "sourceUserName":"ada","roleIds":null,"groupNames":["Guides"]}"#;

fn mapping() -> CreateExternalTenantUserMappingDto {
    CreateExternalTenantUserMappingDto {
        source_tenant_id: "octosystem".to_owned(),
        source_user_id: "u1".to_owned(),
        source_user_name: "ada".to_owned(),
        role_ids: Some(vec!["r1".to_owned()]),
    }
}

const MAPPING_BODY: &str = r#"{"sourceTenantId":"octosystem","sourceUserId":"u1","sourceUserName":"ada","roleIds":["r1"]}"#;

#[tokio::test]
async fn mappings_of_users_of_other_tenants() {
    let list = format!("[{MAPPING}]");
    let (server, client) = identity(&[
        (200, "[]"),
        (200, &list),
        (200, MAPPING),
        (201, MAPPING),
        (200, MAPPING),
        (200, ""),
    ])
    .await;
    assert!(
        client
            .user_mappings(None, None, None)
            .await
            .unwrap()
            .is_empty()
    );
    let found = client
        .user_mappings(Some("a b"), Some(1), Some(2))
        .await
        .unwrap();
    assert_eq!(found[0].group_names, ["Guides"]);
    assert!(found[0].role_ids.is_empty());
    client.user_mapping("m1").await.unwrap();
    client.create_user_mapping(&mapping()).await.unwrap();
    let none = UpdateExternalTenantUserMappingDto::default();
    client.update_user_mapping("m1", &none).await.unwrap();
    client.delete_user_mapping("m1").await.unwrap();
    expect(
        &server,
        &[
            "GET /acme/v1/externalTenantUserMappings",
            "GET /acme/v1/externalTenantUserMappings?skip=1&take=2&sourceTenantId=a+b",
            "GET /acme/v1/externalTenantUserMappings/m1",
            &format!("POST /acme/v1/externalTenantUserMappings {MAPPING_BODY}"),
            r#"PUT /acme/v1/externalTenantUserMappings/m1 {"roleIds":null}"#,
            "DELETE /acme/v1/externalTenantUserMappings/m1",
        ],
    );
}

#[tokio::test]
async fn admin_provisioning() {
    let (server, client) = provisioning_answers().await;
    assert_eq!(client.provisioned_mappings("child").await.unwrap().len(), 1);
    client.provision_mapping("child", &mapping()).await.unwrap();
    client
        .delete_provisioned_mapping("child", "m1")
        .await
        .unwrap();
    let users = client
        .source_users("child", Some("a&b"), Some(5))
        .await
        .unwrap();
    assert_eq!(users[0].user_name, "ada");
    assert_eq!(
        client.target_roles("child").await.unwrap()[0]
            .name
            .as_deref(),
        Some("A")
    );
    assert_eq!(
        client.target_groups("child").await.unwrap()[0].name,
        "Guides"
    );
    let with_groups = ProvisionWithGroupsDto {
        source_tenant_id: "octosystem".to_owned(),
        source_user_id: "u1".to_owned(),
        source_user_name: "ada".to_owned(),
        group_ids: Some(vec!["g1".to_owned()]),
    };
    client
        .provision_with_groups("child", &with_groups)
        .await
        .unwrap();
    expect(
        &server,
        &[
            "GET /acme/v1/adminProvisioning/child",
            &format!("POST /acme/v1/adminProvisioning/child {MAPPING_BODY}"),
            "DELETE /acme/v1/adminProvisioning/child/m1",
            "GET /acme/v1/adminProvisioning/child/sourceUsers?search=a%26b&take=5",
            "GET /acme/v1/adminProvisioning/child/roles",
            "GET /acme/v1/adminProvisioning/child/groups",
            r#"POST /acme/v1/adminProvisioning/child/withGroups {"sourceTenantId":"octosystem","sourceUserId":"u1","sourceUserName":"ada","groupIds":["g1"]}"#,
        ],
    );
}

async fn provisioning_answers() -> (Recorder, IdentityClient) {
    identity(&[
        (200, &format!("[{MAPPING}]")),
        (201, MAPPING),
        (200, ""),
        (
            200,
            r#"[{"sourceTenantId":"octosystem","userId":"u1","userName":"ada"}]"#,
        ),
        (200, r#"[{"id":"r1","name":"A"}]"#),
        (200, r#"[{"id":"g1","name":"Guides"}]"#),
        (201, MAPPING),
    ])
    .await
}

#[tokio::test]
async fn neighbouring_routes() {
    let claims = r#"{"name":null,"claims":[{"key":"scope","value":"octo_api"}]}"#;
    let (server, client) = identity(&[(200, r#"{"value":"abc"}"#), (200, claims)]).await;
    assert_eq!(client.generate_password().await.unwrap().expose(), "abc");
    let claims = client.diagnostics().await.unwrap().claims;
    assert_eq!(
        (claims[0].key.as_str(), claims[0].value.as_str()),
        ("scope", "octo_api")
    );
    expect(
        &server,
        &[
            "GET /acme/v1/tools/generatePassword",
            "GET /acme/v1/diagnostics",
        ],
    );
}
