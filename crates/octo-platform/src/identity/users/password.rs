//! Passwords of users: U8 and the policy (identity.md 4.1 and 6.1).

use axum::extract::State;
use http::StatusCode;
use octo_runtime::UpdateEntity;

use super::{is_shadow, lock, lookup, reach};
use crate::auth::{ReadWrite, TenantCaller};
use crate::password::policy_violations;
use crate::problem::{Detail, Problem};
use crate::rest::{Params, USER_ROLES, require_any_role};
use crate::state::PlatformState;

const RESET_FAILED: &str = "Reset of password failed.";

/// U8. It opens an account that wrong passwords have locked. The password travels in the query; the address is never logged.
pub(in crate::identity) async fn reset(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let [name, password] = params.require(["userName", "password"])?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let user = lookup::user(tenant, name)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User '{name}' not found.")))?;
    reach::require_user(&state, &caller.caller, tenant, &user).await?;
    let mut found = violations(password);
    if is_shadow(&user) {
        found.push(Detail::new(
            "ForeignUser",
            "A user of another tenant signs in there and has no password here.",
        ));
    }
    if !found.is_empty() {
        return Err(Problem::bad_request_with(RESET_FAILED, found));
    }
    let update = UpdateEntity::from_entity(&user)
        .set("PasswordHash", hash(&state, password).await?)
        .set("SecurityStamp", security_stamp())
        .set("AccessFailedCount", 0)
        .clear("LockoutEnd");
    tenant
        .update(update)
        .await
        .map_err(|error| Problem::runtime(RESET_FAILED, &error))?;
    Ok(StatusCode::OK)
}

/// Unmet rules of the password policy.
pub(super) fn violations(password: &str) -> Vec<Detail> {
    policy_violations(password)
        .into_iter()
        .map(|violation| Detail::new(violation.code, violation.description))
        .collect()
}

/// The stored form of a password.
pub(in crate::identity) async fn hash(
    state: &PlatformState,
    password: &str,
) -> Result<String, Problem> {
    let hashed = state.passwords().hash(password).await;
    hashed.map_err(|error| Problem::internal("The password could not be stored.", &error))
}

/// A value that changes with the credentials of a user.
pub(in crate::identity) fn security_stamp() -> String {
    uuid::Uuid::new_v4().simple().to_string().to_uppercase()
}
