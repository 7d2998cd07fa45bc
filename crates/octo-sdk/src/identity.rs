//! Client of the identity service: users, roles, groups and people of other tenants; OAuth clients,
//! API resources, scopes and secrets; identity providers.
//!
//! Methods are named after what they do; the id of the route in `spec/identity.md` 4 stands in each
//! description. Lookups by e-mail address exist on the server for U3 only: call
//! [`IdentityClient::find_user`] first and pass the user *name* on (section 9, item 6).

mod admin_provisioning;
mod api_resources;
mod api_scopes;
mod api_secrets;
mod clients;
mod dto;
mod email_rules;
mod groups;
mod neighbours;
mod providers;
mod roles;
mod user_mappings;
mod users;

use url::Url;

pub use api_resources::ApiResourceDto;
pub use api_scopes::ApiScopeDto;
pub use api_secrets::{ApiSecretDto, SecretOwner};
pub use clients::{
    ApplyOverlayUrisDto, ApplyOverlayUrisListCountDto, ApplyOverlayUrisResultDto,
    CleanOverlayEntriesClientResultDto, CleanOverlayEntriesResultDto, ClientDto,
    ClientMirrorBackfillResponseDto, ClientMirrorDto, ClientMirrorProvisionResponseDto,
};
pub use dto::{
    CreateExternalTenantUserMappingDto, ExternalTenantUserMappingDto, ProvisionWithGroupsDto,
    SourceUserDto, TargetGroupDto, UpdateExternalTenantUserMappingDto,
};
pub use dto::{CreateGroupDto, EmailDomainGroupRuleDto, GroupDto, UpdateGroupDto};
pub use dto::{ExternalLoginDto, PagedResult, RegisterUserDto, RoleDto, UserDto};
pub use neighbours::{ClaimDto, DiagnosticsDto};
pub use providers::{
    DirectoryDto, EntraDto, IdentityProviderDto, OAuthProviderDto, OpenLdapDto, ProviderKind,
};
pub use users::UsersPage;

use crate::http::{Http, ServiceClient};
use crate::{AccessToken, ServiceError};

/// The identity service as seen by one caller in one tenant.
#[derive(Clone, Debug)]
pub struct IdentityClient {
    service: ServiceClient,
}

impl IdentityClient {
    /// A client for `tenant` of the service at `service`.
    ///
    /// # Errors
    /// [`ServiceError::InvalidArgument`] as [`ServiceClient::new`].
    pub fn new(
        http: &Http,
        service: &Url,
        tenant: &str,
        token: AccessToken,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            service: ServiceClient::new(http, service, tenant, &token)?,
        })
    }

    /// The same client, noting the revision of what it reads, for
    /// [`if_unchanged`](Self::if_unchanged).
    pub fn noting(&self) -> Self {
        Self {
            service: self.service.noting(),
        }
    }

    /// The same client, replacing only what is as this one read it last; this one has to be
    /// [`noting`](Self::noting). If somebody else was faster, the service answers 412
    /// ([`ServiceError::is_overtaken`]) and nothing is changed. Services that tell no revisions, as
    /// the real ones, are written to in any case.
    pub fn if_unchanged(&self) -> Self {
        Self {
            service: self.service.if_unchanged(),
        }
    }
}
