//! Groups (`spec/identity.md` 4.3).

use super::{CreateGroupDto, GroupDto, IdentityClient, UpdateGroupDto};
use crate::ServiceError;

impl IdentityClient {
    /// G1: all groups of the tenant. Read as a bare list, which is what services send, and as
    /// `{"groups": […]}`, which their own client expects (section 9, item 1).
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn groups(&self) -> Result<Vec<GroupDto>, ServiceError> {
        self.service.get(&["groups"]).read_list_in("groups").await
    }

    /// G2: some of the groups.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn groups_page(&self, skip: u32, take: u32) -> Result<Vec<GroupDto>, ServiceError> {
        self.service
            .get(&["groups", "GetPaged"])
            .query("skip", &skip.to_string())
            .query("take", &take.to_string())
            .read_list_in("groups")
            .await
    }

    /// G3: the group with this runtime id.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown group.
    pub async fn group(&self, id: &str) -> Result<GroupDto, ServiceError> {
        self.service.get(&["groups", id]).read().await
    }

    /// G4: the group with this name, in any case.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown group.
    pub async fn group_named(&self, name: &str) -> Result<GroupDto, ServiceError> {
        self.service.get(&["groups", "names", name]).read().await
    }

    /// G5: creates a group and returns it.
    ///
    /// # Errors
    /// [`ServiceError`]; 409 when the name is taken.
    pub async fn create_group(&self, group: &CreateGroupDto) -> Result<GroupDto, ServiceError> {
        self.service.post(&["groups"]).json(group).read().await
    }

    /// G6: replaces name and description of a group.
    ///
    /// # Errors
    /// [`ServiceError`]; 409 when the name is taken.
    pub async fn update_group(
        &self,
        id: &str,
        group: &UpdateGroupDto,
    ) -> Result<GroupDto, ServiceError> {
        self.service.put(&["groups", id]).json(group).read().await
    }

    /// G7: deletes a group; its members stay.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn delete_group(&self, id: &str) -> Result<(), ServiceError> {
        self.service.delete(&["groups", id]).done().await
    }

    /// G8: runtime ids of the roles assigned to a group.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn group_roles(&self, id: &str) -> Result<Vec<String>, ServiceError> {
        self.service.get(&["groups", id, "roles"]).read_list().await
    }

    /// G9: replaces the roles of a group by those with these runtime ids.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn replace_group_roles(
        &self,
        id: &str,
        role_ids: &[String],
    ) -> Result<(), ServiceError> {
        self.service
            .put(&["groups", id, "roles"])
            .json(&role_ids)
            .done()
            .await
    }

    /// G10: runtime ids of the users in a group.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn group_users(&self, id: &str) -> Result<Vec<String>, ServiceError> {
        self.members(id, "users").await
    }

    /// G11: puts the user with this runtime id into a group.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn add_user_to_group(&self, id: &str, user: &str) -> Result<(), ServiceError> {
        self.add_member(id, "users", user).await
    }

    /// G12: takes the user with this runtime id out of a group.
    ///
    /// # Errors
    /// [`ServiceError`]; 500 from real services when the user is not in the group.
    pub async fn remove_user_from_group(&self, id: &str, user: &str) -> Result<(), ServiceError> {
        self.remove_member(id, "users", user).await
    }

    /// G13: runtime ids of the clients in a group.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn group_clients(&self, id: &str) -> Result<Vec<String>, ServiceError> {
        self.members(id, "clients").await
    }

    /// G14: puts a client into a group; `client` is its runtime id, not its OAuth id.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn add_client_to_group(&self, id: &str, client: &str) -> Result<(), ServiceError> {
        self.add_member(id, "clients", client).await
    }

    /// G15: takes a client out of a group; `client` is its runtime id.
    ///
    /// # Errors
    /// [`ServiceError`]; 500 from real services when the client is not in the group.
    pub async fn remove_client_from_group(
        &self,
        id: &str,
        client: &str,
    ) -> Result<(), ServiceError> {
        self.remove_member(id, "clients", client).await
    }

    /// G16: runtime ids of the groups nested in a group.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn nested_groups(&self, id: &str) -> Result<Vec<String>, ServiceError> {
        self.members(id, "groups").await
    }

    /// G17: nests the group `child` in the group `parent`.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when the groups would contain each other.
    pub async fn add_group_to_group(&self, parent: &str, child: &str) -> Result<(), ServiceError> {
        self.add_member(parent, "groups", child).await
    }

    /// G18: takes the group `child` out of the group `parent`.
    ///
    /// # Errors
    /// [`ServiceError`]; 500 from real services when it is not nested there.
    pub async fn remove_group_from_group(
        &self,
        parent: &str,
        child: &str,
    ) -> Result<(), ServiceError> {
        self.remove_member(parent, "groups", child).await
    }

    async fn members(&self, group: &str, kind: &str) -> Result<Vec<String>, ServiceError> {
        self.service
            .get(&["groups", group, "members", kind])
            .read_list()
            .await
    }

    async fn add_member(&self, group: &str, kind: &str, id: &str) -> Result<(), ServiceError> {
        self.service
            .put(&["groups", group, "members", kind, id])
            .done()
            .await
    }

    async fn remove_member(&self, group: &str, kind: &str, id: &str) -> Result<(), ServiceError> {
        self.service
            .delete(&["groups", group, "members", kind, id])
            .done()
            .await
    }
}
