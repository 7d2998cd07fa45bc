use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;
use crate::keys::SigningKey;

const NOW: i64 = 1_700_000_000;

fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://id.example/",
        client_id: "octo",
        nonce: "n-1",
        directory: Some("people"),
        now: NOW,
    }
}

fn good() -> Value {
    json!({
        "iss": "https://id.example/", "aud": "octo", "sub": "ada", "exp": NOW + 300, "nonce": "n-1",
        "email": "ada@example.org", "email_verified": "true", "tid": "People",
    })
}

async fn check_signed(
    header: &Header,
    key: &EncodingKey,
    claims: &Value,
    known: &SigningKey,
) -> Result<Claims, ExternalError> {
    let token = Secret::new(encode(header, claims, key).unwrap());
    let key = Arc::new(known.decoding().clone());
    check(&token, &expected(), |_, _| async { Ok(key) }).await
}

#[tokio::test]
async fn a_token_counts_only_if_all_it_says_is_expected() {
    let dir = tempfile::tempdir().unwrap();
    let own = SigningKey::load_or_create(dir.path()).unwrap();
    let header = Header::new(Algorithm::RS256);
    let claims = check_signed(&header, own.encoding(), &good(), &own)
        .await
        .unwrap();
    assert_eq!(claims.sub, "ada");
    assert_eq!(claims.email_verified, Some(true));
    let changes = [
        ("iss", json!("https://id.example")),
        ("iss", Value::Null),
        ("aud", json!("another")),
        ("aud", json!(["octo", "another"])),
        ("azp", json!("another")),
        ("sub", json!("")),
        ("sub", json!("x".repeat(256))),
        ("exp", json!(NOW - 60)),
        ("exp", Value::Null),
        ("nbf", json!(NOW + 61)),
        ("nonce", json!("n-2")),
        ("nonce", Value::Null),
        ("tid", json!("strangers")),
    ];
    for (name, value) in changes {
        let mut claims = good();
        match &value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
            value => claims[name] = value.clone(),
        }
        let checked = check_signed(&header, own.encoding(), &claims, &own).await;
        assert!(
            matches!(checked, Err(ExternalError::Untrusted(_))),
            "{name} {value}"
        );
    }
    let mut several = good();
    several["aud"] = json!(["octo", "another"]);
    several["azp"] = json!("octo");
    assert!(
        check_signed(&header, own.encoding(), &several, &own)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn only_the_providers_key_signs() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let own = SigningKey::load_or_create(dir.path()).unwrap();
    let other = SigningKey::load_or_create(other.path()).unwrap();
    let header = Header::new(Algorithm::RS256);
    let refused = check_signed(&header, other.encoding(), &good(), &own).await;
    assert!(refused.is_err());
    let access = Header {
        typ: Some("at+jwt".to_owned()),
        ..header
    };
    assert!(
        check_signed(&access, own.encoding(), &good(), &own)
            .await
            .is_err()
    );
    let hmac = EncodingKey::from_secret(b"public");
    let refused = check_signed(&Header::new(Algorithm::HS256), &hmac, &good(), &own).await;
    assert!(refused.is_err());
    for text in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let key = Arc::new(own.decoding().clone());
        let refused = check(&Secret::new(text), &expected(), |_, _| async { Ok(key) }).await;
        assert!(refused.is_err(), "{text}");
    }
}
