//! What a tool gets to work with.
//!
//! The kind of context in a tool's signature says what it needs: [`Call`] (anyone), [`UserCall`]
//! (signed in) or [`TenantCall`] (authorized for a tenant). Only the pipeline makes them.

use std::sync::Arc;

use octo_runtime::Tenant;
use octo_sdk::assets::AssetsClient;
use octo_sdk::bot::BotClient;
use octo_sdk::identity::IdentityClient;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::{Peer, RoleServer};
use tokio_util::sync::CancellationToken;

use crate::auth::{Caller, Principal, StoreKey, TenantAccess, VerifiedToken};
use crate::derived::Derive;
use crate::reply::Failure;
use crate::services::Services;
use crate::tool::Access;

/// The request around a call.
#[derive(Clone)]
pub struct Incoming {
    /// The caller as the HTTP request shows it.
    pub caller: Caller,
    /// Where the caller's tokens are kept, if they can be.
    pub key: Option<StoreKey>,
    /// Tenant of the endpoint.
    pub route_tenant: Option<String>,
    /// The request belongs to the stateless protocol generation.
    pub is_modern: bool,
    /// Ends when the client gives up.
    pub cancelled: CancellationToken,
    /// Where progress is reported, if the client asked for it.
    pub progress: Option<Progress>,
}

/// Reports progress of a long call to the client.
#[derive(Clone)]
pub struct Progress {
    peer: Peer<RoleServer>,
    token: ProgressToken,
}

impl Progress {
    /// Reports to `peer` under the token of its request.
    pub fn new(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        Self { peer, token }
    }

    /// Tells the client how far the call is; `done` must grow.
    pub async fn report(&self, done: f64, message: &str) {
        let note = ProgressNotificationParam::new(self.token.clone(), done).with_message(message);
        // A client that went away cannot be told.
        let _ = self.peer.notify_progress(note).await;
    }
}

/// What the pipeline found the caller may do.
pub enum Grant {
    /// Nothing but what is open to all.
    Open,
    /// To act as a signed-in user or service.
    User(Arc<VerifiedToken>),
    /// To act on a tenant.
    Tenant(TenantAccess),
}

/// A call that passed all checks.
pub struct Authorized {
    /// The server.
    pub services: Arc<Services>,
    /// The request.
    pub incoming: Incoming,
    /// The caller's rights.
    pub grant: Grant,
}

/// A kind of call, made from an authorized one.
pub trait Context: Sized + Send + 'static {
    /// What a caller needs.
    const ACCESS: Access;

    /// Takes what the tool may use.
    ///
    /// # Errors
    /// A failure when the grant is not the one [`Context::ACCESS`] asks for.
    fn from_authorized(authorized: Authorized) -> Result<Self, Failure>;
}

/// A call anybody can make.
pub struct Call {
    services: Arc<Services>,
    incoming: Incoming,
}

impl Context for Call {
    const ACCESS: Access = Access::Open;

    fn from_authorized(authorized: Authorized) -> Result<Self, Failure> {
        Ok(Self {
            services: authorized.services,
            incoming: authorized.incoming,
        })
    }
}

impl Call {
    /// The server.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// The request.
    pub fn incoming(&self) -> &Incoming {
        &self.incoming
    }
}

/// A call of a signed-in caller.
pub struct UserCall {
    services: Arc<Services>,
    incoming: Incoming,
    token: Arc<VerifiedToken>,
}

impl Context for UserCall {
    const ACCESS: Access = Access::User;

    fn from_authorized(authorized: Authorized) -> Result<Self, Failure> {
        match authorized.grant {
            Grant::User(token) => Ok(Self {
                services: authorized.services,
                incoming: authorized.incoming,
                token,
            }),
            Grant::Open | Grant::Tenant(_) => Err(not_granted()),
        }
    }
}

impl UserCall {
    /// The server.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// The request.
    pub fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    /// Who calls.
    ///
    /// # Errors
    /// A failure for tokens that name nobody.
    pub fn principal(&self) -> Result<Principal, Failure> {
        principal_of(&self.token)
    }
}

/// A call of a caller authorized for the tenant.
pub struct TenantCall {
    services: Arc<Services>,
    incoming: Incoming,
    access: TenantAccess,
}

impl Context for TenantCall {
    const ACCESS: Access = Access::Tenant;

    fn from_authorized(authorized: Authorized) -> Result<Self, Failure> {
        match authorized.grant {
            Grant::Tenant(access) => Ok(Self {
                services: authorized.services,
                incoming: authorized.incoming,
                access,
            }),
            Grant::Open | Grant::User(_) => Err(not_granted()),
        }
    }
}

impl TenantCall {
    /// The server.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// The request.
    pub fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    /// Name of the tenant, in lower case.
    pub fn tenant_id(&self) -> &str {
        self.access.tenant.as_str()
    }

    /// The caller's own principal, whatever tenant the call works on.
    ///
    /// # Errors
    /// A failure for tokens that name nobody.
    pub async fn principal(&self) -> Result<Principal, Failure> {
        let gate = &self.services.gate;
        let own = gate
            .signed_in(&self.incoming.caller, self.incoming.key.as_ref())
            .await;
        principal_of(&*own.map_err(|denial| Failure::new(denial.to_string()))?)
    }

    /// Identity service, as the caller, in the tenant.
    ///
    /// # Errors
    /// A failure when the service is not configured.
    pub fn identity(&self) -> Result<IdentityClient, Failure> {
        let url = self.services.endpoints.identity()?;
        let token = self.access.token.token.clone();
        Ok(IdentityClient::new(
            &self.services.http,
            url,
            self.tenant_id(),
            token,
        )?)
    }

    /// Asset repository, as the caller, in the tenant.
    ///
    /// # Errors
    /// A failure when the service is not configured.
    pub fn assets(&self) -> Result<AssetsClient, Failure> {
        let url = self.services.endpoints.assets()?;
        let token = self.access.token.token.clone();
        Ok(AssetsClient::new(
            &self.services.http,
            url,
            self.tenant_id(),
            token,
        )?)
    }

    /// Bot (job) service, as the caller, in the tenant.
    ///
    /// # Errors
    /// A failure when the service is not configured.
    pub fn bot(&self) -> Result<BotClient, Failure> {
        let url = self.services.endpoints.bot()?;
        let token = self.access.token.token.clone();
        Ok(BotClient::new(
            &self.services.http,
            url,
            self.tenant_id(),
            token,
        )?)
    }

    /// Forgets the caller's way into a tenant that was created, removed or reset.
    pub async fn forget(&self, tenant: &str) {
        let tenant = tenant.trim().to_lowercase();
        self.services
            .gate
            .forget(self.incoming.key.as_ref(), &tenant)
            .await;
    }

    /// The tenant's entities and types.
    ///
    /// # Errors
    /// A failure when this deployment has no access to them or the tenant does not exist.
    pub async fn data(&self) -> Result<Arc<Tenant>, Failure> {
        let Some(runtime) = &self.services.runtime else {
            return Err(Failure::new(
                "This server has no access to the tenants' databases, so tools for entities and types are not available. Run it without OCTO_OCTOSERVICEURLS__… to use the embedded platform.",
            ));
        };
        Ok(runtime.tenant(&self.access.tenant).await?)
    }

    /// What follows from the tenant's types.
    ///
    /// # Errors
    /// As [`TenantCall::data`].
    pub async fn derived<T: Derive>(&self) -> Result<Arc<T>, Failure> {
        let graph = self.data().await?.graph();
        Ok(self.services.derived.of(&graph))
    }
}

fn principal_of(token: &VerifiedToken) -> Result<Principal, Failure> {
    token.principal.clone().ok_or_else(|| {
        Failure::new("The access token names neither a user nor a client. Sign in again.")
    })
}

fn not_granted() -> Failure {
    Failure::new(crate::auth::NOT_AUTHENTICATED)
}
