//! Secrets of clients and API resources.

use jiff::{SignedDuration, Timestamp};
use octo_platform::secret::sha256_base64;
use octo_sdk::Secret;
use octo_sdk::identity::{ApiResourceDto, ApiSecretDto, SecretOwner};

use crate::clients::{SECRET, claims, machine, token};
use crate::platform::{Claims, SYSTEM, TestPlatform};

const ROBOT: SecretOwner<'_> = SecretOwner::Client("robot");

fn given(secret: &str) -> ApiSecretDto {
    ApiSecretDto {
        value_clear_text: Some(Secret::new(secret)),
        description: Some("spare".to_owned()),
        ..ApiSecretDto::default()
    }
}

async fn with_robot() -> TestPlatform {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_client(&machine("robot")).await.unwrap();
    platform
}

#[tokio::test]
async fn the_secret_a_caller_chose_is_kept_hashed_and_works_beside_the_first() {
    let platform = with_robot().await;
    let identity = platform.system_identity().await;
    let created = identity
        .create_api_secret(ROBOT, &given("S3cond secret"))
        .await
        .unwrap();
    assert_eq!(created.value_clear_text, Some(Secret::new("S3cond secret")));
    assert_eq!(created.value_encrypted, sha256_base64("S3cond secret"));
    let listed = identity.api_secrets(ROBOT).await.unwrap();
    let hashes: Vec<_> = listed
        .iter()
        .map(|secret| &secret.value_encrypted)
        .collect();
    assert_eq!(hashes, [&sha256_base64(SECRET), &created.value_encrypted]);
    assert!(
        listed
            .iter()
            .all(|secret| secret.value_clear_text.is_none())
    );
    assert_eq!(listed[1].description.as_deref(), Some("spare"));
    for secret in [SECRET, "S3cond secret"] {
        claims(&token(&platform, SYSTEM, "robot", secret, &[]).await);
    }
}

#[tokio::test]
async fn a_secret_is_made_up_when_none_is_given() {
    let platform = with_robot().await;
    let identity = platform.system_identity().await;
    let created = identity
        .create_api_secret(ROBOT, &ApiSecretDto::default())
        .await
        .unwrap();
    let clear = created.value_clear_text.unwrap();
    assert_eq!(clear.expose().len(), 36);
    assert_eq!(created.value_encrypted, sha256_base64(clear.expose()));
    claims(&token(&platform, SYSTEM, "robot", clear.expose(), &[]).await);
}

#[tokio::test]
async fn a_secret_expires_and_can_be_prolonged() {
    let platform = with_robot().await;
    let identity = platform.system_identity().await;
    let soon = Timestamp::now() + SignedDuration::from_hours(1);
    let expiring = ApiSecretDto {
        expiration_date: Some(soon),
        ..given("for an hour")
    };
    let created = identity.create_api_secret(ROBOT, &expiring).await.unwrap();
    let hash = &created.value_encrypted;
    let stored = identity.api_secret(ROBOT, hash).await.unwrap();
    let seconds = |at: Option<Timestamp>| at.map(|at| at.as_second());
    assert_eq!(seconds(stored.expiration_date), Some(soon.as_second()));
    claims(&token(&platform, SYSTEM, "robot", "for an hour", &[]).await);
    platform
        .running
        .clock()
        .advance(std::time::Duration::from_secs(3601));
    let expired = token(&platform, SYSTEM, "robot", "for an hour", &[]).await;
    assert_eq!(expired["error"], "invalid_client");

    let identity = platform.system_identity().await;
    let forever = ApiSecretDto {
        value_encrypted: hash.clone(),
        ..ApiSecretDto::default()
    };
    identity.update_api_secret(ROBOT, &forever).await.unwrap();
    let stored = identity.api_secret(ROBOT, hash).await.unwrap();
    assert_eq!((stored.expiration_date, stored.description), (None, None));
    assert_eq!(
        identity.api_secrets(ROBOT).await.unwrap().len(),
        2,
        "no stray secret"
    );
    claims(&token(&platform, SYSTEM, "robot", "for an hour", &[]).await);
}

#[tokio::test]
async fn a_deleted_secret_no_longer_works() {
    let platform = with_robot().await;
    let identity = platform.system_identity().await;
    let hash = sha256_base64(SECRET);
    identity.delete_api_secret(ROBOT, &hash).await.unwrap();
    let refused = token(&platform, SYSTEM, "robot", SECRET, &[]).await;
    assert_eq!(refused["error"], "invalid_client");
    let again = identity.delete_api_secret(ROBOT, &hash).await.unwrap_err();
    assert_eq!(
        again.to_string(),
        format!("NotFound: Secret with value '{hash}' does not exist.")
    );
    let gone = identity.api_secret(ROBOT, &hash).await.unwrap_err();
    assert_eq!(
        gone.to_string(),
        format!("NotFound: API secret '{hash}' not found")
    );
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_refused() {
    let platform = with_robot().await;
    let identity = platform.system_identity().await;
    let past = ApiSecretDto {
        expiration_date: Some(Timestamp::UNIX_EPOCH),
        ..given("late")
    };
    let refused = identity.create_api_secret(ROBOT, &past).await.unwrap_err();
    assert!(refused.to_string().contains("expired already"), "{refused}");
    let unnamed = identity
        .update_api_secret(ROBOT, &ApiSecretDto::default())
        .await;
    assert!(unnamed.unwrap_err().to_string().contains("ValueEncrypted"));
    for owner in [
        SecretOwner::Client("nobody"),
        SecretOwner::ApiResource("nothing"),
    ] {
        let unknown = identity.api_secrets(owner).await.unwrap_err();
        assert!(unknown.is_not_found());
        let unknown = identity
            .create_api_secret(owner, &given("x"))
            .await
            .unwrap_err();
        assert!(unknown.is_not_found());
    }
    let token = platform.admin().await;
    let base = format!(
        "{}/{SYSTEM}/v1/apiSecrets",
        platform.running.urls().identity
    );
    for (method, path, body, expected) in [
        ("GET", "client/robot/%21%21", None, 400),
        ("GET", "other/robot", None, 404),
        (
            "POST",
            "client/robot",
            Some(r#"{"expirationDate":"soon"}"#),
            400,
        ),
    ] {
        let url = format!("{base}/{path}");
        let (status, text) = platform.send(method, &url, Some(&token), body).await;
        assert_eq!(status, expected, "{method} {path}: {text}");
    }
    assert_eq!(identity.api_secrets(ROBOT).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_api_resource_has_secrets_too() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let resource = ApiResourceDto {
        is_enabled: true,
        name: Some("https://api.example/v1".to_owned()),
        ..ApiResourceDto::default()
    };
    identity.create_api_resource(&resource).await.unwrap();
    let owner = SecretOwner::ApiResource("https://api.example/v1");
    let created = identity
        .create_api_secret(owner, &given("of the api"))
        .await
        .unwrap();
    assert_eq!(identity.api_secrets(owner).await.unwrap().len(), 1);
    identity
        .delete_api_secret(owner, &created.value_encrypted)
        .await
        .unwrap();
    assert!(identity.api_secrets(owner).await.unwrap().is_empty());
}

#[tokio::test]
async fn hashes_are_for_administrators() {
    let platform = with_robot().await;
    let nobody = Claims {
        roles: &["DashboardViewer"],
        ..platform.admin_claims().await
    };
    let identity = platform.identity(SYSTEM, platform.token(&nobody));
    let refused = identity.api_secrets(ROBOT).await.unwrap_err();
    assert!(refused.to_string().starts_with("Forbidden: "), "{refused}");
}
