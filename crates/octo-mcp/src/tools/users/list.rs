//! Looking at the accounts of a tenant, page by page where there are many.

use octo_sdk::identity::{IdentityClient, UserDto, UsersPage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};

/// Accounts of a page when the call does not say.
const DEFAULT_TAKE: u32 = 100;

/// Lists the user accounts of a tenant, those of users from other tenants included. Without
/// arguments all of them; with skip, take or filter one page.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetUsers {
    /// Accounts to leave out at the beginning.
    skip: Option<u32>,
    /// Accounts to return at most, 1 to 1000. Default of a page: 100.
    #[schemars(range(min = 1, max = 1000))]
    take: Option<u32>,
    /// Only accounts with this text in login name, mail address, first or last name.
    filter: Option<String>,
}

/// A user account.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserItem {
    /// Id of the account.
    user_id: Option<String>,
    /// Login name.
    name: Option<String>,
    /// Mail address.
    email: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// The user has to choose a new password at the next login.
    reset_password_on_login: bool,
    /// Accounts of other identity providers this user signs in with.
    external_logins: Option<Vec<ExternalLogin>>,
}

/// An account of another identity provider.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ExternalLogin {
    /// The provider.
    login_provider: Option<String>,
    /// Its name for people.
    provider_display_name: Option<String>,
    /// Id of the account there.
    provider_key: Option<String>,
}

impl From<UserDto> for UserItem {
    fn from(user: UserDto) -> Self {
        let logins = user.external_logins.map(|logins| {
            logins
                .into_iter()
                .map(|login| ExternalLogin {
                    login_provider: login.login_provider,
                    provider_display_name: login.provider_display_name,
                    provider_key: login.provider_key,
                })
                .collect()
        });
        Self {
            user_id: user.user_id,
            name: user.name,
            email: user.email,
            first_name: user.first_name,
            last_name: user.last_name,
            reset_password_on_login: user.reset_password_on_login,
            external_logins: logins,
        }
    }
}

/// User accounts of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserList {
    /// The accounts.
    users: Vec<UserItem>,
    /// How many there are, those on other pages included.
    total_count: usize,
}

pub(super) async fn get_users(cx: TenantCall, p: GetUsers) -> ToolResult<Done<UserList>> {
    let identity = cx.identity()?;
    let (users, total_count) = match (p.skip, p.take, &p.filter) {
        (None, None, None) => {
            let users = identity.users().await?;
            let total = users.len();
            (users, total)
        }
        _ => page(&identity, &p).await?,
    };
    let text = match (total_count, users.len()) {
        (0, _) => "No users found.".to_owned(),
        (total, shown) if shown == total => format!("Found {total} user(s)."),
        (total, shown) => format!("Found {total} user(s), {shown} of them on this page."),
    };
    let users = users.into_iter().map(UserItem::from).collect();
    Ok(Done::new(text, UserList { users, total_count }))
}

async fn page(identity: &IdentityClient, p: &GetUsers) -> Result<(Vec<UserDto>, usize), Failure> {
    let filter = p.filter.as_deref().map(str::trim);
    let asked = UsersPage {
        skip: p.skip.unwrap_or(0),
        take: p.take.unwrap_or(DEFAULT_TAKE),
        filter: filter.filter(|text| !text.is_empty()),
    };
    let page = identity.users_page(&asked).await?;
    let ignored = asked
        .filter
        .filter(|text| !page.list.iter().all(|user| mentions(user, text)));
    let Some(filter) = ignored else {
        let total = usize::try_from(page.total_count).unwrap_or_default();
        return Ok((page.list, total));
    };
    // Real services ignore the filter.
    let mut users = identity.users().await?;
    users.retain(|user| mentions(user, filter));
    let total = users.len();
    let users = users.into_iter().skip(asked.skip as usize);
    Ok((users.take(asked.take as usize).collect(), total))
}

fn mentions(user: &UserDto, text: &str) -> bool {
    let text = text.to_lowercase();
    [&user.name, &user.email, &user.first_name, &user.last_name]
        .into_iter()
        .flatten()
        .any(|value| value.to_lowercase().contains(&text))
}
