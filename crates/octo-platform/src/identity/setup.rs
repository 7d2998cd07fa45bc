//! The first user of a deployment that has none (identity.md 4.11 and 7.7).
//!
//! The embedded platform creates `admin` when it starts, so these routes answer "not found" unless
//! every user of the system tenant was deleted meanwhile. They are the only ones that create
//! somebody without being asked by somebody; the gate is looked at under the lock under which users
//! are created.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{ChangeSet, EntityQuery, NewEntity, Tenant};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lookup::unreadable;
use super::users;
use crate::accounts::names::{ASSIGNED_ROLE, EXTERNAL_MAPPING, ROLE, USER};
use crate::accounts::users::normalize;
use crate::auth::{AnyScope, TenantCaller};
use crate::password::policy_violations;
use crate::problem::Problem;
use crate::rest::JsonBody;
use crate::state::PlatformState;

/// Roles of the first user (identity.md 7.7).
const ROLES: [&str; 10] = [
    "TENANTMANAGEMENT",
    "USERMANAGEMENT",
    "DEVELOPMENT",
    "COMMUNICATIONMANAGEMENT",
    "BOTMANAGEMENT",
    "ADMINPANELMANAGEMENT",
    "DASHBOARDVIEWER",
    "DASHBOARDMANAGEMENT",
    "REPORTINGMANAGEMENT",
    "REPORTINGVIEWER",
];
const FAILED: &str = "The first user could not be created.";
const MAX_EMAIL: usize = 254;
const MIN_PASSWORD: usize = 8;

/// Bodies of both routes.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AdminBody {
    email: String,
    password: String,
    #[serde(rename = "confirmpassword")]
    confirm_password: String,
}

/// `GET /{tenantId}/api/setup/status`.
pub(super) async fn status(
    State(state): State<PlatformState>,
    Path(tenant): Path<String>,
) -> Result<Json<Value>, Problem> {
    let tenant = unconfigured(&state, &tenant).await?;
    tenant
        .map(|_| Json(json!({ "setupRequired": true })))
        .ok_or_else(Problem::bare_not_found)
}

/// `POST /{tenantId}/api/setup/create-admin`.
pub(super) async fn create_admin(
    State(state): State<PlatformState>,
    Path(tenant): Path<String>,
    JsonBody(body): JsonBody<AdminBody>,
) -> Result<Json<Value>, Problem> {
    let _only_one = lock(&state).await;
    let tenant = unconfigured(&state, &tenant).await?;
    let tenant = tenant.ok_or_else(Problem::bare_not_found)?;
    let mut problems = problems(&body);
    if body.password != body.confirm_password {
        problems.insert(0, "Passwords do not match".to_owned());
    }
    if problems.is_empty() {
        create(&state, &tenant, &body).await?;
        return Ok(Json(json!({ "success": true, "errorMessage": null })));
    }
    let text = problems.join(" ");
    Ok(Json(json!({ "success": false, "errorMessage": text })))
}

/// `POST /{tenantId}/v1/setup`.
pub(super) async fn setup(
    State(state): State<PlatformState>,
    caller: TenantCaller<AnyScope>,
    JsonBody(body): JsonBody<AdminBody>,
) -> Result<StatusCode, Problem> {
    let _only_one = lock(&state).await;
    let tenant = unconfigured(&state, caller.tenant.id().as_str()).await?;
    let tenant = tenant.ok_or_else(|| {
        let text = "Identity Service is already configured.";
        Problem::text(StatusCode::NOT_FOUND, text)
    })?;
    let problems = problems(&body);
    if !problems.is_empty() {
        return Err(Problem::text(
            StatusCode::NOT_ACCEPTABLE,
            problems.join(" "),
        ));
    }
    create(&state, &tenant, &body).await?;
    Ok(StatusCode::OK)
}

/// The system tenant, if it is named and nobody can sign in to it.
async fn unconfigured(
    state: &PlatformState,
    tenant: &str,
) -> Result<Option<std::sync::Arc<Tenant>>, Problem> {
    let system = state.runtime().system_tenant();
    let named = state.find_tenant(tenant).await.map_err(unreadable)?;
    if named.is_none_or(|named| named.id() != system.id()) {
        return Ok(None);
    }
    for ck_type in [USER, EXTERNAL_MAPPING] {
        let one = system.first(EntityQuery::of(ck_type)).await;
        if one.map_err(unreadable)?.is_some() {
            return Ok(None);
        }
    }
    Ok(Some(system))
}

fn problems(body: &AdminBody) -> Vec<String> {
    let mut problems = Vec::new();
    let email = body.email.trim();
    let is_address = email
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    if !is_address || email.chars().count() > MAX_EMAIL || !users::is_valid_name(email) {
        problems.push(format!("'{email}' is not an e-mail address."));
    }
    if body.password.chars().count() < MIN_PASSWORD {
        problems.push(format!(
            "Passwords must be at least {MIN_PASSWORD} characters."
        ));
    }
    let violations = policy_violations(&body.password);
    let others = violations.iter().filter(|v| v.code != "PasswordTooShort");
    problems.extend(others.map(|violation| violation.description.to_owned()));
    problems
}

async fn create(state: &PlatformState, tenant: &Tenant, body: &AdminBody) -> Result<(), Problem> {
    let email = body.email.trim();
    let user = NewEntity::of(USER)
        .set("UserName", email)
        .set("NormalizedUserName", normalize(email))
        .set("Email", email)
        .set("NormalizedEmail", normalize(email))
        .set(
            "PasswordHash",
            users::password::hash(state, &body.password).await?,
        )
        .set("SecurityStamp", users::password::security_stamp())
        .set("LockoutEnabled", true)
        .set("ResetPasswordOnLogin", false);
    let roles = EntityQuery::of(ROLE).is_in("NormalizedName", ROLES);
    let roles = tenant.query(roles).await;
    let roles = roles.map_err(unreadable)?.items;
    let changes = roles.iter().fold(ChangeSet::new(), |changes, role| {
        changes.associate(&user, ASSIGNED_ROLE, role)
    });
    let created = tenant.apply(changes.insert(user)).await;
    created.map_err(|error| Problem::runtime(FAILED, &error))?;
    tracing::warn!(tenant = %tenant.id(), "the first user was created by set-up");
    Ok(())
}

async fn lock(state: &PlatformState) -> tokio::sync::OwnedMutexGuard<()> {
    let system = state.runtime().system_tenant();
    state.locks().lock(&[system.id().as_str(), "users"]).await
}
