//! Models of services are brought up to date when a tenant is opened.

use crate::error::RuntimeError;
use crate::tenant::Tenant;

/// Brings the models of services a tenant has to the version of this program. If that fails the tenant
/// keeps models and data, so that it can still be reached and repaired; only a new one needs `System`.
pub(super) async fn bring_up_to_date(tenant: &Tenant) -> Result<(), RuntimeError> {
    match tenant.install_service_models(&[]).await {
        Ok(import) => {
            for id in import.imported {
                tracing::info!(tenant = %tenant.id(), model = %id, "installed a model of the platform");
            }
            for id in import.broken {
                tracing::warn!(
                    tenant = %tenant.id(), model = %id,
                    "a model needs other models than those of the platform: import a build made for them"
                );
            }
            Ok(())
        }
        Err(error) if tenant.model("System").is_some() => {
            tracing::error!(tenant = %tenant.id(), %error, "the models of the platform could not be brought up to date");
            Ok(())
        }
        Err(error) => Err(error),
    }
}
