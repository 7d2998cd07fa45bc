//! Roles (`spec/identity.md` 4.2).

use super::{IdentityClient, PagedResult, RoleDto};
use crate::ServiceError;

impl IdentityClient {
    /// R1: all roles of the tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn roles(&self) -> Result<Vec<RoleDto>, ServiceError> {
        Ok(self
            .service
            .get(&["roles"])
            .read_any()
            .await?
            .unwrap_or_default())
    }

    /// R2: one page of the roles whose name contains `filter`.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn roles_page(
        &self,
        skip: u32,
        take: u32,
        filter: Option<&str>,
    ) -> Result<PagedResult<RoleDto>, ServiceError> {
        let mut request = self
            .service
            .get(&["roles", "GetPaged"])
            .query("skip", &skip.to_string())
            .query("take", &take.to_string());
        if let Some(filter) = filter {
            request = request.query("filter", filter);
        }
        request.read().await
    }

    /// R3: the role with this name.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown role.
    pub async fn role(&self, name: &str) -> Result<RoleDto, ServiceError> {
        self.service.get(&["roles", "names", name]).read().await
    }

    /// R4: creates a role.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the name is taken.
    pub async fn create_role(&self, name: &str) -> Result<(), ServiceError> {
        self.service
            .post(&["roles"])
            .json(&named(name))
            .done()
            .await
    }

    /// R5: renames a role; id and assignments stay.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn rename_role(&self, name: &str, new_name: &str) -> Result<(), ServiceError> {
        self.service
            .put(&["roles", name])
            .json(&named(new_name))
            .done()
            .await
    }

    /// R6: deletes a role and all its assignments.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn delete_role(&self, name: &str) -> Result<(), ServiceError> {
        self.service.delete(&["roles", name]).done().await
    }
}

fn named(name: &str) -> RoleDto {
    RoleDto {
        id: None,
        name: Some(name.to_owned()),
    }
}
