//! Roles that open what the scope alone should not.
//!
//! The real services check no role, so that any token with `octo_api` may reset passwords or drop
//! tenants (identity.md 9, items 13 and 14). Here administration needs an administrator.

use crate::auth::Caller;
use crate::problem::Problem;

/// Administration of tenants.
pub(crate) const TENANT_ROLES: &[&str] = &["TenantManagement"];

/// Administration of users and roles.
pub(crate) const USER_ROLES: &[&str] = &["UserManagement", "TenantManagement"];

/// Import of Construction Kit models.
pub(crate) const MODEL_ROLES: &[&str] = &["DataModelManagement", "Development", "TenantManagement"];

/// Lets a caller pass who has one of `roles`.
pub(crate) fn require_any_role(caller: &Caller, roles: &[&str]) -> Result<(), Problem> {
    if roles.iter().any(|role| caller.has_role(role)) {
        return Ok(());
    }
    Err(Problem::forbidden(match roles {
        [role] => format!("This needs the role '{role}'."),
        _ => format!("This needs one of the roles '{}'.", roles.join("', '")),
    }))
}
