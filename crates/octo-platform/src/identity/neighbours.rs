//! Small routes beside the administration of identities (identity.md 4.11).

use axum::Json;
use octo_sdk::identity::{ClaimDto, DiagnosticsDto};
use serde_json::{Value, json};

use crate::auth::{AnyScope, Caller, ReadOnly, TenantCaller};
use crate::problem::Problem;
use crate::secret::random_below;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const PASSWORD_LENGTH: usize = 16;

/// `GET tools/generatePassword`: a proposal that nobody stores.
pub(super) async fn generate_password(_: TenantCaller<ReadOnly>) -> Result<Json<Value>, Problem> {
    let mut password = String::with_capacity(PASSWORD_LENGTH);
    for _ in 0..PASSWORD_LENGTH {
        let index = random_below(LETTERS.len() as u32);
        let index =
            index.map_err(|error| Problem::internal("No password can be generated.", &error))?;
        password.push(char::from(LETTERS[index as usize]));
    }
    Ok(Json(json!({ "value": password })))
}

/// `GET diagnostics`: what the service reads out of the caller's token.
pub(super) async fn diagnostics(caller: TenantCaller<AnyScope>) -> Json<DiagnosticsDto> {
    Json(DiagnosticsDto {
        // Access tokens carry no name.
        name: None,
        claims: claims(&caller.caller),
    })
}

fn claims(caller: &Caller) -> Vec<ClaimDto> {
    let claim = |key: &str, value: &str| ClaimDto {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let mut claims = vec![claim("client_id", &caller.client_id)];
    if let Some(subject) = &caller.subject {
        claims.push(claim("sub", &subject.to_string()));
    }
    if let Some(tenant) = &caller.tenant {
        claims.push(claim("tenant_id", tenant.as_str()));
    }
    claims.extend(caller.scopes.iter().map(|scope| claim("scope", scope)));
    claims.extend(caller.roles.iter().map(|role| claim("role", role)));
    claims
}
