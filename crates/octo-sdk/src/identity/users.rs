//! Users (`spec/identity.md` 4.1).

use ::http::StatusCode;

use super::{IdentityClient, PagedResult, RegisterUserDto, RoleDto, UserDto};
use crate::{Secret, ServiceError};

/// Which part of the users is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsersPage<'a> {
    /// Users to leave out.
    pub skip: u32,
    /// Users at most.
    pub take: u32,
    /// Only users with this text in name, e-mail address, first or last name.
    pub filter: Option<&'a str>,
}

impl IdentityClient {
    /// U1: all users of the tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn users(&self) -> Result<Vec<UserDto>, ServiceError> {
        Ok(self
            .service
            .get(&["users"])
            .read_any()
            .await?
            .unwrap_or_default())
    }

    /// U2: one page of the users. Real services ignore the filter.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn users_page(
        &self,
        page: &UsersPage<'_>,
    ) -> Result<PagedResult<UserDto>, ServiceError> {
        let mut request = self
            .service
            .get(&["users", "GetPaged"])
            .query("skip", &page.skip.to_string())
            .query("take", &page.take.to_string());
        if let Some(filter) = page.filter {
            request = request.query("filter", filter);
        }
        request.read().await
    }

    /// U3: the user with this name, e-mail address or runtime id.
    ///
    /// # Errors
    /// [`ServiceError`]; an unknown user is 404, or 500 from services that cannot tell.
    pub async fn user(&self, user: &str) -> Result<UserDto, ServiceError> {
        self.service.get(&["users", user]).read().await
    }

    /// U3 with the server's quirks taken out: `None` when there is no such user.
    ///
    /// Real services answer 500 when a text matches nothing and is no runtime id (section 8.1 (c)).
    /// Then the list decides, so that a service in real trouble is not taken for an unknown user.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn find_user(&self, user: &str) -> Result<Option<UserDto>, ServiceError> {
        match self.user(user).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) if error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR) => {
                Ok(pick(self.users().await?, user))
            }
            Err(error) => Err(error),
        }
    }

    /// U4: roles a user has, directly and through groups.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn user_roles(&self, user: &str) -> Result<Vec<RoleDto>, ServiceError> {
        self.service
            .get(&["users", user, "roles"])
            .read_list()
            .await
    }

    /// U5: roles assigned to a user directly.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn user_direct_roles(&self, user: &str) -> Result<Vec<RoleDto>, ServiceError> {
        self.service
            .get(&["users", user, "directRoles"])
            .read_list()
            .await
    }

    /// U6: creates a user.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 lists every unmet rule.
    pub async fn create_user(&self, user: &RegisterUserDto) -> Result<(), ServiceError> {
        self.service.post(&["users"]).json(user).done().await
    }

    /// U7: replaces all writable members of the user named `user_name`, nulls included.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn update_user(&self, user_name: &str, user: &UserDto) -> Result<(), ServiceError> {
        self.service
            .put(&["users", user_name])
            .json(user)
            .done()
            .await
    }

    /// U8: sets a new password. It travels in the query, as the service wants it; no error of this
    /// crate shows the address.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn reset_password(
        &self,
        user_name: &str,
        password: &Secret,
    ) -> Result<(), ServiceError> {
        self.service
            .post(&["users", "ResetPassword"])
            .query("userName", user_name)
            .query("password", password.expose())
            .done()
            .await
    }

    /// U9: deletes a user for good.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn delete_user(&self, user_name: &str) -> Result<(), ServiceError> {
        self.service.delete(&["users", user_name]).done().await
    }

    /// U10: replaces the directly assigned roles of a user by those with these runtime ids.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown role.
    pub async fn replace_user_roles(
        &self,
        user_name: &str,
        role_ids: &[String],
    ) -> Result<(), ServiceError> {
        self.service
            .put(&["users", user_name, "roles"])
            .json(&role_ids)
            .done()
            .await
    }

    /// U11: assigns a role to a user.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the user has the role already.
    pub async fn add_user_to_role(&self, user_name: &str, role: &str) -> Result<(), ServiceError> {
        self.service
            .put(&["users", user_name, "roles", role])
            .done()
            .await
    }

    /// U12: takes a directly assigned role from a user.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the user does not have the role.
    pub async fn remove_user_from_role(
        &self,
        user_name: &str,
        role: &str,
    ) -> Result<(), ServiceError> {
        self.service
            .delete(&["users", user_name, "roles", role])
            .done()
            .await
    }

    /// U13: moves the roles, groups and logins of `source` to the user named `user_name` and
    /// deletes `source`.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn merge_users(&self, user_name: &str, source: &str) -> Result<(), ServiceError> {
        self.service
            .post(&["users", user_name, "merge"])
            .json(&serde_json::json!({ "sourceUserName": source }))
            .done()
            .await
    }
}

/// The user with this name, else with this e-mail address, else with this id; case-insensitive.
fn pick(users: Vec<UserDto>, wanted: &str) -> Option<UserDto> {
    let wanted = wanted.to_uppercase();
    let matches = |value: &Option<String>| {
        value
            .as_ref()
            .is_some_and(|value| value.to_uppercase() == wanted)
    };
    let position = users
        .iter()
        .position(|user| matches(&user.name))
        .or_else(|| users.iter().position(|user| matches(&user.email)))
        .or_else(|| users.iter().position(|user| matches(&user.user_id)))?;
    users.into_iter().nth(position)
}
