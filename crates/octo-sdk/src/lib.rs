//! Typed HTTP clients of the OctoMesh backend services.
//!
//! One client per service, each a thin list of routes over one HTTP core:
//!
//! | module | service | base address |
//! |---|---|---|
//! | [`identity`] | users, roles, OAuth clients, API resources, admin provisioning | `{identity}/{tenant}/v1/` |
//! | [`assets`] | tenants, Construction Kit import | `{assets}/{tenant}/v1/` |
//! | [`bot`] | background jobs | `{bot}/{tenant}/v1/`, `{bot}/system/v1/` |
//! | [`catalog`] | published Construction Kit models | `{pages}/ck-models/v2/…` |
//! | [`oauth`] | OpenID provider: device flow, tokens, keys | `{authority}/connect/…` |
//!
//! [`fetch`] is different: it gets documents from addresses somebody else chose, and calls none of the
//! services.
//!
//! The core ([`http`]) joins addresses, encodes every path segment, sends the caller's token and
//! turns whatever comes back into a value or a [`ServiceError`] whose text a person can act on.
//! Clients hold no state besides address and token: make one per call and drop it.
//!
//! ```no_run
//! use octo_sdk::{AccessToken, Http, HttpOptions, identity::IdentityClient};
//!
//! # async fn example(token: AccessToken) -> Result<(), Box<dyn std::error::Error>> {
//! let http = Http::new(&HttpOptions::default())?;
//! let service = "http://127.0.0.1:5003".parse()?;
//! let identity = IdentityClient::new(&http, &service, "acme", token)?;
//! for user in identity.users().await? {
//!     println!("{}", user.name.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```

pub mod assets;
pub mod bot;
pub mod catalog;
mod error;
pub mod fetch;
pub mod http;
pub mod identity;
mod json;
pub mod oauth;
mod secret;

pub use error::{ErrorDetail, ServiceError};
pub use http::{Http, HttpOptions, HttpSetupError};
pub use secret::{AccessToken, Secret};
