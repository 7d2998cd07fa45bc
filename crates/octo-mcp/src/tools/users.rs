//! User accounts of a tenant (spec, identity 8.1).
//!
//! The service finds accounts for writing by login name only; the tools accept name, mail address
//! or id and look the account up first. Updates send back everything they do not change.

mod list;

use octo_sdk::Secret;
use octo_sdk::identity::{IdentityClient, RegisterUserDto, UserDto};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::list::{UserItem, get_users};
use super::attempts::until_unchanged;
use super::identity_names::{find_user, role_name};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of user tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: users",
        "User accounts of a tenant and their roles",
    )
    .tool(tool("get_users", get_users))
    .tool(tool("create_user", create_user).risk(Risk::Medium).adds())
    .tool(
        tool("update_user", update_user)
            .risk(Risk::Medium)
            .destructive()
            .check(|p: &UpdateUser| {
                let blank = |text: &Option<String>| text.as_deref().unwrap_or("").trim().is_empty();
                if blank(&p.new_email) && blank(&p.new_user_name) {
                    vec!["Provide at least one of newEmail or newUserName.".to_owned()]
                } else {
                    Vec::new()
                }
            }),
    )
    .tool(
        tool("delete_user", delete_user)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &DeleteUser| {
                format!(
                    "Refusing to delete user '{}' without confirm=true.",
                    p.user_name_or_email
                )
            }),
    )
    .tool(
        tool("reset_user_password", reset_user_password)
            .risk(Risk::High)
            .destructive()
            .confirm(|p: &ResetUserPassword| {
                format!(
                    "Refusing to reset password for '{}' without confirm=true.",
                    p.user_name_or_email
                )
            }),
    )
    .tool(
        tool("add_user_to_role", add_user_to_role)
            .risk(Risk::Medium)
            .writes(),
    )
    .tool(
        tool("remove_user_from_role", remove_user_from_role)
            .risk(Risk::Medium)
            .destructive()
            .confirm(|p: &RemoveUserFromRole| {
                format!(
                    "Refusing to remove role '{}' from '{}' without confirm=true.",
                    p.role_name, p.user_name_or_email
                )
            }),
    )
}

/// The account something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserReply {
    /// Login name or mail address the account was named by.
    user: String,
    /// Id of the account.
    user_id: Option<String>,
    /// The account as it is now.
    account: Option<UserItem>,
}

fn done(text: String, user: String, user_id: Option<String>) -> Done<UserReply> {
    Done::new(
        text,
        UserReply {
            user,
            user_id,
            account: None,
        },
    )
}

/// Creates a user account. Without a password nobody can sign in with it until one is set
/// (reset_user_password).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateUser {
    /// Login name: letters, digits and - . _ @ +; unique in the tenant.
    user_name: String,
    /// Mail address.
    email: String,
    /// First password: at least 6 characters with upper and lower case, a digit and another
    /// character.
    password: Option<String>,
}

async fn create_user(cx: TenantCall, p: CreateUser) -> ToolResult<Done<UserReply>> {
    let name = lower(&p.user_name);
    let user = RegisterUserDto {
        user: UserDto {
            name: Some(name.clone()),
            email: Some(lower(&p.email)),
            ..UserDto::default()
        },
        password: p
            .password
            .filter(|password| !password.is_empty())
            .map(Secret::new),
    };
    let identity = cx.identity()?;
    identity.create_user(&user).await?;
    // The service does not tell the id. The user exists, whether or not it can be found out.
    let created = identity.find_user(&name).await.ok().flatten();
    Ok(Done::new(
        format!("User '{name}' created."),
        UserReply {
            user: name,
            user_id: created.as_ref().and_then(|user| user.user_id.clone()),
            account: created.map(UserItem::from),
        },
    ))
}

/// Changes the mail address or the login name of an account; everything else stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateUser {
    /// Login name, mail address or id of the account.
    user_name_or_email: String,
    /// New mail address.
    new_email: Option<String>,
    /// New login name.
    new_user_name: Option<String>,
}

async fn update_user(cx: TenantCall, p: UpdateUser) -> ToolResult<Done<UserReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| rewrite_user(&identity, &p)).await
}

async fn rewrite_user(identity: &IdentityClient, p: &UpdateUser) -> ToolResult<Done<UserReply>> {
    let mut user = find_user(identity, &p.user_name_or_email).await?;
    let unchanged = identity.if_unchanged();
    let present = login_name(&user)?;
    let given = |text: &Option<String>| text.as_deref().map(lower).filter(|t| !t.is_empty());
    user.email = given(&p.new_email).or(user.email);
    user.name = given(&p.new_user_name).or(user.name);
    let updated = unchanged.update_user(&present, &user).await;
    updated.map_err(|error| match error.is_not_found() {
        // It was there a moment ago: somebody has renamed or deleted it.
        true => Failure::from(error).overtaken(),
        false => error.into(),
    })?;
    let id = lower(&p.user_name_or_email);
    Ok(Done::new(
        format!("User '{id}' updated."),
        UserReply {
            user: id,
            user_id: user.user_id.clone(),
            account: Some(user.into()),
        },
    ))
}

/// Deletes a user account for good; its roles and group memberships go with it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteUser {
    /// Login name, mail address or id of the account.
    user_name_or_email: String,
}

async fn delete_user(cx: TenantCall, p: DeleteUser) -> ToolResult<Done<UserReply>> {
    let identity = cx.identity()?;
    let user = find_user(&identity, &p.user_name_or_email).await?;
    identity.delete_user(&login_name(&user)?).await?;
    let id = lower(&p.user_name_or_email);
    Ok(done(format!("User '{id}' deleted."), id, user.user_id))
}

/// Sets a new password for an account; the old one no longer works.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ResetUserPassword {
    /// Login name, mail address or id of the account.
    user_name_or_email: String,
    /// New password: at least 6 characters with upper and lower case, a digit and another
    /// character.
    new_password: String,
}

async fn reset_user_password(cx: TenantCall, p: ResetUserPassword) -> ToolResult<Done<UserReply>> {
    let identity = cx.identity()?;
    let user = find_user(&identity, &p.user_name_or_email).await?;
    identity
        .reset_password(&login_name(&user)?, &Secret::new(p.new_password))
        .await?;
    let id = lower(&p.user_name_or_email);
    let text = format!("Password reset for user '{id}'.");
    Ok(done(text, id, user.user_id))
}

/// Gives a role to a user.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddUserToRole {
    /// Login name, mail address or id of the account.
    user_name_or_email: String,
    /// Name or id of the role.
    role_name: String,
}

async fn add_user_to_role(cx: TenantCall, p: AddUserToRole) -> ToolResult<Done<UserReply>> {
    let identity = cx.identity()?;
    let user = find_user(&identity, &p.user_name_or_email).await?;
    let role = role_name(&identity, &p.role_name).await?;
    identity
        .add_user_to_role(&login_name(&user)?, &role)
        .await?;
    let id = lower(&p.user_name_or_email);
    Ok(done(
        format!("User '{id}' assigned to role '{}'.", p.role_name),
        id,
        user.user_id,
    ))
}

/// Takes a role from a user. Roles the user has through a group stay.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RemoveUserFromRole {
    /// Login name, mail address or id of the account.
    user_name_or_email: String,
    /// Name or id of the role.
    role_name: String,
}

async fn remove_user_from_role(
    cx: TenantCall,
    p: RemoveUserFromRole,
) -> ToolResult<Done<UserReply>> {
    let identity = cx.identity()?;
    let user = find_user(&identity, &p.user_name_or_email).await?;
    let role = role_name(&identity, &p.role_name).await?;
    identity
        .remove_user_from_role(&login_name(&user)?, &role)
        .await?;
    let id = lower(&p.user_name_or_email);
    Ok(done(
        format!("User '{id}' removed from role '{}'.", p.role_name),
        id,
        user.user_id,
    ))
}

fn login_name(user: &UserDto) -> Result<String, Failure> {
    user.name
        .clone()
        .ok_or_else(|| Failure::new("The account has no login name."))
}

fn lower(text: &str) -> String {
    text.trim().to_lowercase()
}
