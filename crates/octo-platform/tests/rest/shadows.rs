//! Shadow users follow the names their users have at home.

use std::collections::BTreeMap;

use octo_platform::accounts::{names, users};
use octo_runtime::EntityQuery;
use octo_sdk::AccessToken;
use octo_sdk::identity::UserDto;

use crate::groups::create_user;
use crate::platform::{Claims, TestPlatform};

async fn token(platform: &TestPlatform, user: &str) -> AccessToken {
    platform.token(&Claims {
        user: Some(user.to_owned()),
        roles: &[],
        ..platform.admin_claims().await
    })
}

/// Ids of the users of `acme` by name.
async fn shadows(platform: &TestPlatform) -> BTreeMap<String, String> {
    let acme = platform.tenant("acme").await;
    let found = acme.query(EntityQuery::of(names::USER)).await.unwrap();
    let named =
        |user: &octo_runtime::Entity| (users::user_name(user).to_owned(), user.rt_id.to_string());
    found.items.iter().map(named).collect()
}

#[tokio::test]
async fn a_renamed_user_keeps_its_shadow_and_frees_the_old_name() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("acme", "acme").await.unwrap();
    identity.provision_current_user("acme").await.unwrap();
    let rename = async |from: &str, to: &str| {
        let renamed = UserDto {
            name: Some(to.to_owned()),
            ..UserDto::default()
        };
        identity.update_user(from, &renamed).await.unwrap();
    };
    let first = create_user(&identity, "ada").await;
    platform
        .exchange(&token(&platform, &first).await, "acme")
        .await;
    let shadow = shadows(&platform).await["xt_octosystem_ada"].clone();

    rename("ada", "lovelace").await;
    platform
        .exchange(&token(&platform, &first).await, "acme")
        .await;
    let expected = BTreeMap::from([("xt_octosystem_lovelace".to_owned(), shadow.clone())]);
    assert_eq!(shadows(&platform).await, expected, "renamed, not doubled");

    // The name of somebody who has not come in since the change is free as well.
    rename("lovelace", "byron").await;
    let second = create_user(&identity, "lovelace").await;
    platform
        .exchange(&token(&platform, &second).await, "acme")
        .await;
    let present = shadows(&platform).await;
    assert_eq!(present.len(), 2);
    assert_eq!(present["xt_octosystem_byron"], shadow);
    assert_ne!(present["xt_octosystem_lovelace"], shadow);

    // What is linked to a user who is gone is nobody else's.
    identity.delete_user("lovelace").await.unwrap();
    rename("byron", "lovelace").await;
    platform
        .exchange(&token(&platform, &first).await, "acme")
        .await;
    assert_eq!(shadows(&platform).await, present, "keeps its old name");
}
