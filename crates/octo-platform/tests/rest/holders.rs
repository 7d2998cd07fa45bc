//! Tokens whose holder is gone: the user, the tenant, the client.

use octo_sdk::AccessToken;

use crate::groups::create_user;
use crate::platform::{Claims, SYSTEM, TestPlatform, user_id};

#[tokio::test]
async fn a_token_ends_with_its_user() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    create_user(&identity, "ada").await;
    let system = platform.running.runtime().system_tenant();
    let ada = Claims {
        user: Some(user_id(&system, "ADA").await),
        ..platform.admin_claims().await
    };
    assert_eq!(opens(&platform, &ada).await, [200, 200]);
    identity.delete_user("ada").await.unwrap();
    assert_eq!(opens(&platform, &ada).await, [401, 401]);
    let assets = platform.assets(SYSTEM, platform.token(&ada));
    let refused = assets.create_tenant("acme", "acme").await.unwrap_err();
    assert_eq!(refused.status().map(|status| status.as_u16()), Some(401));
    let token = platform.token(&ada);
    let job = format!("{}/system/v1/jobs?id=1", platform.running.urls().bot);
    let (status, _) = platform.send("GET", &job, Some(&token), None).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_token_does_not_open_the_next_tenant_of_that_name() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let assets = platform.assets(SYSTEM, admin.clone());
    assets.create_tenant("acme", "acme").await.unwrap();
    let former = platform.exchange(&admin, "acme").await;
    let users = format!("{}/acme/v1/users", platform.running.urls().identity);
    let open = async |token: &AccessToken| platform.send("GET", &users, Some(token), None).await.0;
    assert_eq!(open(&former).await, 200);
    assets.delete_tenant("acme").await.unwrap();
    assert_eq!(open(&former).await, 404);
    assets.create_tenant("acme", "acme").await.unwrap();
    assert_eq!(open(&former).await, 401);
    assert_eq!(open(&platform.exchange(&admin, "acme").await).await, 200);
}

#[tokio::test]
async fn a_token_of_a_service_ends_with_its_client() {
    let platform = TestPlatform::start().await;
    let service = Claims {
        user: None,
        ..platform.admin_claims().await
    };
    assert_eq!(opens(&platform, &service).await, [200, 200]);
    let unknown = Claims {
        client: "gone",
        ..service.clone()
    };
    assert_eq!(opens(&platform, &unknown).await, [401, 401]);
    // The client of that name was made later: it is another one.
    let earlier = Claims {
        age: 600,
        ..service
    };
    assert_eq!(opens(&platform, &earlier).await, [401, 401]);
}

async fn opens(platform: &TestPlatform, claims: &Claims) -> [u16; 2] {
    let urls = platform.running.urls();
    let token = platform.token(claims);
    let mut statuses = [0; 2];
    for (status, url) in statuses.iter_mut().zip([
        format!("{}/{SYSTEM}/v1/users", urls.identity),
        format!("{}/{SYSTEM}/v1/tenants", urls.assets),
    ]) {
        *status = platform.send("GET", &url, Some(&token), None).await.0;
    }
    statuses
}
