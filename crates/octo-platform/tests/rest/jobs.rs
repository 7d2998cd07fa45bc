//! Jobs as callers see them.

use crate::platform::{Claims, SYSTEM, TestPlatform};

#[tokio::test]
async fn jobs_are_shown_to_their_tenant_and_to_administrators_above() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    assets.create_tenant("rival", "rival").await.unwrap();
    let acme = "acme".parse().unwrap();
    let id = platform
        .running
        .state()
        .jobs()
        .submit(&acme, async { Ok(()) })
        .unwrap();

    let bot_url = &platform.running.urls().bot;
    let owner = platform.exchange(&admin, "acme").await;
    let rival = platform.exchange(&admin, "rival").await;
    let no_role = Claims {
        roles: &[],
        ..platform.admin_claims().await
    };
    let reader = Claims {
        scope: "octo_api.read_only",
        ..platform.admin_claims().await
    };
    for (token, tenant, expected) in [
        (&owner, "acme", 200),
        (&owner, "system", 200),
        (&admin, "system", 200),
        (&admin, SYSTEM, 200),
        (&platform.token(&reader), "system", 200),
        (&platform.token(&no_role), "system", 403),
        (&rival, "system", 403),
        (&rival, "rival", 403),
        (&rival, "acme", 403),
    ] {
        let url = format!("{bot_url}/{tenant}/v1/jobs?id={id}");
        let (status, body) = platform.send("GET", &url, Some(token), None).await;
        assert_eq!(status, expected, "{tenant}: {body}");
    }
}

#[tokio::test]
async fn unknown_jobs_and_missing_ids() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let unknown = platform
        .bot(SYSTEM, admin.clone())
        .job("nope")
        .await
        .unwrap_err();
    assert_eq!(unknown.to_string(), "NotFound: No job found with id: nope");
    let url = format!("{}/{SYSTEM}/v1/jobs", platform.running.urls().bot);
    assert_eq!(platform.send("GET", &url, Some(&admin), None).await.0, 400);
}
