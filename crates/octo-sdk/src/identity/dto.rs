//! Wire forms of the identity service (`spec/identity.md` 5).
//!
//! Written with nulls and camelCase names, read tolerantly: any member may be missing or null.

mod groups;
mod mappings;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use groups::{CreateGroupDto, EmailDomainGroupRuleDto, GroupDto, UpdateGroupDto};
pub use mappings::{
    CreateExternalTenantUserMappingDto, ExternalTenantUserMappingDto, ProvisionWithGroupsDto,
    SourceUserDto, TargetGroupDto, UpdateExternalTenantUserMappingDto,
};

use crate::Secret;
use crate::json::null_as_default;

/// A user account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserDto {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Runtime id of the user (24 hex digits); ignored when written.
    pub user_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// User name, the name to sign in with.
    pub name: Option<String>,
    /// Whether the next login asks for a new password.
    #[serde(deserialize_with = "null_as_default")]
    pub reset_password_on_login: bool,
    /// Logins at other identity providers; ignored when written.
    pub external_logins: Option<Vec<ExternalLoginDto>>,
}

/// A login of a user at another identity provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalLoginDto {
    /// Name of the provider.
    pub login_provider: Option<String>,
    /// Name of the provider for people.
    pub provider_display_name: Option<String>,
    /// Id of the user at the provider.
    pub provider_key: Option<String>,
}

/// A new user account.
#[derive(Clone, Default)]
pub struct RegisterUserDto {
    /// The account.
    pub user: UserDto,
    /// First password; `None` asks for an account that cannot sign in with a password, which the
    /// real service refuses (`spec/identity.md` 6.1).
    pub password: Option<Secret>,
}

impl fmt::Debug for RegisterUserDto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterUserDto")
            .field("user", &self.user)
            .field("password", &self.password)
            .finish()
    }
}

impl Serialize for RegisterUserDto {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            #[serde(flatten)]
            user: &'a UserDto,
            password: Option<&'a str>,
        }
        Wire {
            user: &self.user,
            password: self.password.as_ref().map(Secret::expose),
        }
        .serialize(serializer)
    }
}

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleDto {
    /// Runtime id (24 hex digits); ignored when written.
    pub id: Option<String>,
    /// Name.
    pub name: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PagedResult<T> {
    /// Number of items in the whole list.
    #[serde(deserialize_with = "null_as_default")]
    pub total_count: i64,
    /// Items left out before this page.
    pub skip: Option<i64>,
    /// Size of the page.
    pub take: Option<i64>,
    /// The items.
    #[serde(
        deserialize_with = "null_as_default",
        bound(deserialize = "T: serde::de::DeserializeOwned")
    )]
    pub list: Vec<T>,
}
