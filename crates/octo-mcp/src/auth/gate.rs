//! The one gate every call to a tenant passes (spec, auth 10.5).

use std::sync::Arc;

use octo_runtime::TenantId;
use octo_sdk::oauth::SERVICES_AUDIENCE;

use super::NOT_AUTHENTICATED;
use super::claims::{Caller, VerifiedToken};
use super::store::{StoreKey, TokenStore};
use super::tokens::{ExchangeFailure, SessionTokens};
use crate::config::{Enforcement, TenantAuthorization};

/// A caller's authority over one tenant: the only way a tool gets at the tenant's data.
#[derive(Debug, Clone)]
pub struct TenantAccess {
    /// The tenant.
    pub tenant: TenantId,
    /// Token to act with, issued for this tenant (or for a service trusted with all).
    pub token: Arc<VerifiedToken>,
}

/// A refused call; the text goes to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// There is no usable token.
    #[error("{NOT_AUTHENTICATED}")]
    NotAuthenticated,
    /// The call names no tenant.
    #[error(
        "No tenant ID specified. Provide a 'tenantId' parameter or use the /{{tenantId}}/mcp endpoint."
    )]
    NoTenant,
    /// The tenant's name cannot be one.
    #[error("Invalid tenant id.")]
    InvalidTenant,
    /// The argument differs from the endpoint, and the endpoint binds.
    #[error(
        "Access to tenant '{0}' denied: this endpoint serves tenant '{1}' only. Leave out 'tenantId' or use /mcp."
    )]
    RouteBinds(String, String),
    /// A service's token for another tenant.
    #[error("Access to tenant '{0}' denied: the service token is not issued for this tenant.")]
    ServiceToken(String),
    /// A user's token that names no tenant.
    #[error("Access to tenant '{0}' denied: the caller's token carries no 'tenant_id' claim.")]
    NoHome(String),
    /// The exchange could not be made.
    #[error("Cross-tenant token exchange for tenant '{0}' failed: {1}")]
    ExchangeFailed(String, String),
    /// The exchange was refused.
    #[error(
        "Access to tenant '{tenant}' denied: the cross-tenant token exchange failed. The caller is homed in tenant '{home}' and has no permission for '{tenant}', or the identity service rejected the exchange."
    )]
    ExchangeDenied {
        /// Tenant asked for.
        tenant: String,
        /// Tenant of the caller.
        home: String,
    },
    /// The exchange brought a token of another tenant.
    #[error("Access to tenant '{0}' denied: the session token is issued for tenant '{1}'.")]
    WrongTenant(String, String),
    /// The token lacks the scope.
    #[error("The access token lacks the scope '{0}'. Sign in again and grant it.")]
    Scope(String),
}

/// Decides which token a call may use.
pub struct Gate {
    store: Arc<TokenStore>,
    tokens: Arc<SessionTokens>,
    services: TenantAuthorization,
    scopes: Vec<String>,
}

impl Gate {
    /// A gate over the tokens of `store`.
    pub fn new(
        store: Arc<TokenStore>,
        tokens: Arc<SessionTokens>,
        services: TenantAuthorization,
        scopes: Vec<String>,
    ) -> Self {
        Self {
            store,
            tokens,
            services,
            scopes,
        }
    }

    /// The caller's own token: the bearer, or the login of the key, renewed if needed.
    ///
    /// # Errors
    /// [`Denial::NotAuthenticated`] or [`Denial::Scope`].
    pub async fn signed_in(
        &self,
        caller: &Caller,
        key: Option<&StoreKey>,
    ) -> Result<Arc<VerifiedToken>, Denial> {
        let token = match caller {
            Caller::Bearer(token) => token.clone(),
            Caller::Anonymous => {
                let slot = key.and_then(|key| self.store.find(key));
                let slot = slot.ok_or(Denial::NotAuthenticated)?;
                let mut tokens = slot.tokens.lock().await;
                let home = self.tokens.home(&mut tokens).await;
                home.ok_or(Denial::NotAuthenticated)?.0.access
            }
        };
        self.check_scope(&token)?;
        Ok(token)
    }

    /// The caller's authority over `tenant`.
    ///
    /// # Errors
    /// Any [`Denial`]; unknown and forbidden tenants read the same.
    pub async fn authorize(
        &self,
        caller: &Caller,
        key: Option<&StoreKey>,
        tenant: TenantId,
    ) -> Result<TenantAccess, Denial> {
        let name = tenant.to_string();
        if let Some(token) = self.login_for(caller, key, &name).await {
            return Ok(TenantAccess { tenant, token });
        }
        let token = self.signed_in(caller, key).await?;
        let claims = &token.claims;
        let home = claims.home_tenant();
        if claims.sub.is_none() {
            self.check_service(&token, &name)?;
            return Ok(TenantAccess { tenant, token });
        }
        let home = home.ok_or_else(|| Denial::NoHome(name.clone()))?;
        if home == name {
            let token = self.for_services(caller, key, token, &name).await?;
            return Ok(TenantAccess { tenant, token });
        }
        let token = self.exchange(caller, key, &token, &name, &home).await?;
        match token.claims.home_tenant() {
            Some(issued) if issued == name => Ok(TenantAccess { tenant, token }),
            Some(issued) => Err(Denial::WrongTenant(name, issued)),
            None => Err(Denial::WrongTenant(name, "<unreadable>".to_owned())),
        }
    }

    /// Forgets what is known about the caller's way into a tenant: the tenant was created, removed
    /// or reset.
    pub async fn forget(&self, key: Option<&StoreKey>, tenant: &str) {
        if let Some(slot) = key.and_then(|key| self.store.find(key)) {
            let mut tokens = slot.tokens.lock().await;
            tokens.denied.remove(tenant);
            tokens.exchanged.remove(tenant);
        }
    }

    /// A login a bearer caller made for exactly this tenant.
    async fn login_for(
        &self,
        caller: &Caller,
        key: Option<&StoreKey>,
        tenant: &str,
    ) -> Option<Arc<VerifiedToken>> {
        if !matches!(caller, Caller::Bearer(_)) {
            return None;
        }
        let slot = self.store.find(key?)?;
        let mut tokens = slot.tokens.lock().await;
        let login = self.tokens.login(&mut tokens, tenant).await?;
        (login.access.claims.home_tenant().as_deref() == Some(tenant)).then_some(login.access)
    }

    /// A token that was issued for this server alone is not passed on: the services get one of
    /// their own (spec, auth 10.6). A provider that does not exchange within a tenant leaves only
    /// the token there is, and the services decide.
    async fn for_services(
        &self,
        caller: &Caller,
        key: Option<&StoreKey>,
        token: Arc<VerifiedToken>,
        home: &str,
    ) -> Result<Arc<VerifiedToken>, Denial> {
        let is_theirs = token
            .claims
            .aud
            .iter()
            .any(|name| name == SERVICES_AUDIENCE);
        if is_theirs {
            return Ok(token);
        }
        match self.exchange(caller, key, &token, home, home).await {
            Ok(exchanged) if exchanged.claims.home_tenant().as_deref() == Some(home) => {
                Ok(exchanged)
            }
            Ok(_) | Err(Denial::ExchangeDenied { .. } | Denial::ExchangeFailed(..)) => Ok(token),
            Err(denial) => Err(denial),
        }
    }

    async fn exchange(
        &self,
        caller: &Caller,
        key: Option<&StoreKey>,
        subject: &VerifiedToken,
        tenant: &str,
        home: &str,
    ) -> Result<Arc<VerifiedToken>, Denial> {
        let key = key.ok_or(Denial::NotAuthenticated)?;
        let slot = self.store.open(key);
        let mut tokens = slot.tokens.lock().await;
        let result = self.tokens.exchange(&mut tokens, subject, tenant).await;
        result.map_err(|failure| match failure {
            ExchangeFailure::SubjectInvalid => {
                if matches!(caller, Caller::Anonymous) {
                    tokens.clear();
                }
                Denial::NotAuthenticated
            }
            ExchangeFailure::Unavailable(why) => Denial::ExchangeFailed(tenant.to_owned(), why),
            ExchangeFailure::Denied => Denial::ExchangeDenied {
                tenant: tenant.to_owned(),
                home: home.to_owned(),
            },
        })
    }

    fn check_service(&self, token: &VerifiedToken, tenant: &str) -> Result<(), Denial> {
        let claims = &token.claims;
        let trusted = claims
            .client_id
            .as_ref()
            .is_some_and(|id| self.services.crosstenantserviceclientids.contains(id));
        if trusted || claims.home_tenant().as_deref() == Some(tenant) {
            return Ok(());
        }
        match self.services.servicetokenenforcement {
            Enforcement::Enforce => Err(Denial::ServiceToken(tenant.to_owned())),
            Enforcement::Disabled => Ok(()),
            Enforcement::LogOnly => {
                tracing::warn!(
                    client = claims.client_id,
                    tenant,
                    "service token of another tenant"
                );
                Ok(())
            }
        }
    }

    fn check_scope(&self, token: &VerifiedToken) -> Result<(), Denial> {
        let granted = |scope: &String| token.claims.has_scope(scope);
        if self.scopes.is_empty() || self.scopes.iter().any(granted) {
            Ok(())
        } else {
            Err(Denial::Scope(self.scopes.join(" or ")))
        }
    }
}
