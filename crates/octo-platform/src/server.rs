//! Starting and stopping the platform: one listener per service.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use http::{HeaderName, HeaderValue, StatusCode, header};
use octo_runtime::{Runtime, RuntimeConfig, RuntimeError};
use octo_sdk::fetch::FetchSetupError;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::auth;
use crate::clock::Clock;
use crate::config::{PlatformConfig, Service};
use crate::keys::{KeyError, SigningKey};
use crate::oidc::client_documents::ClientDocuments;
use crate::oidc::external::ExternalProviders;
use crate::oidc::registration::sweep;
use crate::password::{HashingFailed, PasswordHasher};
use crate::seed::{self, SeedError};
use crate::state::{PlatformState, StateParts};
use crate::{assets, bot, identity, oidc, pages, unread};

/// Largest request body of the identity service in bytes; forms and small JSON only.
const IDENTITY_BODY_LIMIT: usize = 256 * 1024;

/// Why the platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The data directory cannot be created.
    #[error("data directory '{}': {source}", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A listener could not be bound.
    #[error(
        "the {} service cannot listen on {address}: {source}; stop the program that uses the \
         port, or choose another one",
        service.name()
    )]
    Listen {
        /// The service.
        service: Service,
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A public URL in the configuration is not usable.
    #[error("{key} must be an absolute http(s) URL, but was '{value}'")]
    PublicUrl {
        /// Which setting.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// The signing key is not available.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    /// Nothing can be fetched over HTTPS.
    #[error(transparent)]
    Fetch(#[from] FetchSetupError),
    /// The databases cannot be opened.
    #[error("the tenant databases cannot be opened: {0}")]
    Runtime(#[from] RuntimeError),
    /// The system tenant cannot be prepared.
    #[error(transparent)]
    Seed(#[from] SeedError),
}

/// The base URLs under which the services answer, without trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformUrls {
    /// Identity service: the configured public URL, else the bound address.
    pub identity: String,
    /// Asset repository.
    pub assets: String,
    /// Communication controller.
    pub communication: String,
    /// Bot service.
    pub bot: String,
    /// Reporting service.
    pub reporting: String,
}

/// The platform before it runs.
#[derive(Debug)]
pub struct Platform;

impl Platform {
    /// Opens the databases, seeds the system tenant, binds all listeners and serves.
    ///
    /// When it returns, every service accepts connections.
    ///
    /// # Errors
    /// [`PlatformError`]; nothing keeps running then.
    pub async fn start(mut config: PlatformConfig) -> Result<RunningPlatform, PlatformError> {
        config.mcp_public_url = base_url("Mcp:PublicUrl", &config.mcp_public_url)?;
        fs::create_dir_all(&config.data_dir).map_err(|source| PlatformError::DataDir {
            path: config.data_dir.clone(),
            source,
        })?;
        let mut listeners = Vec::with_capacity(Service::ALL.len());
        for service in Service::ALL {
            listeners.push((service, listen(service, config.bind.of(service)).await?));
        }
        let mut urls = bound_urls(&listeners)?;
        if let Some(configured) = &config.identity_url {
            urls.identity = base_url("Mcp:AuthorityUrl", configured)?;
        }
        let (state, generated_admin_password) = prepare(config, &urls).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for (service, listener) in listeners {
            serve(&mut tasks, service, listener, &state, &stop);
        }
        tasks.spawn(sweep::hourly(state.clone(), stop.clone()));
        Ok(RunningPlatform {
            state,
            urls,
            generated_admin_password,
            stop,
            tasks,
        })
    }
}

async fn prepare(
    config: PlatformConfig,
    urls: &PlatformUrls,
) -> Result<(PlatformState, Option<String>), PlatformError> {
    let keys = SigningKey::load_or_create(&config.data_dir)?;
    let mut runtime_config = RuntimeConfig::new(&config.data_dir);
    runtime_config
        .system_tenant
        .clone_from(&config.system_tenant);
    let runtime = Runtime::open(runtime_config).await?;
    let listed = config.self_registration.listed_hosts.clone();
    let providers = config.provider_hosts.clone();
    let state = PlatformState::new(StateParts {
        external: ExternalProviders::new(providers, config.trusted_ca.as_deref())?,
        client_documents: ClientDocuments::new(listed)?,
        config,
        runtime,
        authority: urls.identity.clone(),
        keys,
        passwords: PasswordHasher::new()?,
    });
    let generated = seed::system_tenant(&state).await?;
    Ok((state, generated))
}

/// A platform that accepts connections. Dropping it stops the listeners at once;
/// [`RunningPlatform::shutdown`] lets requests finish.
#[derive(Debug)]
pub struct RunningPlatform {
    state: PlatformState,
    urls: PlatformUrls,
    generated_admin_password: Option<String>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl RunningPlatform {
    /// Where the services answer.
    pub fn urls(&self) -> &PlatformUrls {
        &self.urls
    }

    /// All tenants of this deployment.
    pub fn runtime(&self) -> &Arc<Runtime> {
        self.state.runtime()
    }

    /// The state the services share.
    pub fn state(&self) -> &PlatformState {
        &self.state
    }

    /// The platform's time.
    pub fn clock(&self) -> &Clock {
        self.state.clock()
    }

    /// The password generated for `admin`, when this start created that user and none was
    /// configured. It is stored nowhere else: show it once.
    pub fn generated_admin_password(&self) -> Option<&str> {
        self.generated_admin_password.as_deref()
    }

    /// Stops accepting, waits up to `grace` for requests in flight, cuts off those left, and closes
    /// all databases: nothing may use the runtime afterwards.
    pub async fn shutdown(mut self, grace: Duration) {
        self.stop.cancel();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::warn!("requests were still running after {grace:?} and are cut off");
            self.tasks.shutdown().await;
        }
        self.state.runtime().close().await;
    }
}

async fn listen(service: Service, address: SocketAddr) -> Result<TcpListener, PlatformError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| PlatformError::Listen {
            service,
            address,
            source,
        })
}

fn bound_urls(listeners: &[(Service, TcpListener)]) -> Result<PlatformUrls, PlatformError> {
    let mut urls = Vec::with_capacity(listeners.len());
    for (service, listener) in listeners {
        let address = listener
            .local_addr()
            .map_err(|source| PlatformError::Listen {
                service: *service,
                address: SocketAddr::from(([0, 0, 0, 0], 0)),
                source,
            })?;
        urls.push((*service, format!("http://{address}")));
    }
    let of = |wanted| {
        urls.iter()
            .find(|(service, _)| *service == wanted)
            .map(|(_, url)| url.clone())
    };
    let url = |service| of(service).unwrap_or_default();
    Ok(PlatformUrls {
        identity: url(Service::Identity),
        assets: url(Service::Assets),
        communication: url(Service::Communication),
        bot: url(Service::Bot),
        reporting: url(Service::Reporting),
    })
}

/// A configured public URL, checked and without trailing slash.
fn base_url(key: &'static str, value: &str) -> Result<String, PlatformError> {
    let trimmed = value.trim().trim_end_matches('/');
    let usable = url::Url::parse(trimmed).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if usable {
        Ok(trimmed.to_owned())
    } else {
        Err(PlatformError::PublicUrl {
            key,
            value: value.to_owned(),
        })
    }
}

fn serve(
    tasks: &mut JoinSet<()>,
    service: Service,
    listener: TcpListener,
    state: &PlatformState,
    stop: &CancellationToken,
) {
    let app = service_router(service, state)
        .fallback(no_such_route)
        .layer(middleware::from_fn_with_state(state.clone(), check_host))
        .layer(middleware::from_fn(unread::discard))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(CatchPanicLayer::new());
    let stop = stop.clone();
    tasks.spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        // The end of a streamed answer must not wait until the rest is acknowledged; a connection
        // that cannot be set up so works all the same.
        let listener = listener.tap_io(|connection| _ = connection.set_nodelay(true));
        let serving = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(service = service.name(), %error, "the listener stopped");
        }
    });
}

fn service_router(service: Service, state: &PlatformState) -> Router {
    match service {
        Service::Identity => oidc::router(state.clone())
            .merge(pages::router(state.clone()))
            .merge(identity::router(state.clone()))
            .layer(DefaultBodyLimit::max(IDENTITY_BODY_LIMIT)),
        Service::Assets => assets::router(state.clone()),
        Service::Bot => bot::router(state.clone()),
        Service::Communication | Service::Reporting => Router::new(),
    }
}

async fn no_such_route() -> Response {
    auth::not_found()
}

/// Refuses names a browser could have been tricked into using for this machine (DNS rebinding):
/// a loopback connection must ask for a loopback name, or for the host of the authority.
async fn check_host(State(state): State<PlatformState>, request: Request, next: Next) -> Response {
    let local = request
        .extensions()
        .get::<axum::extract::ConnectInfo<SocketAddr>>()
        .is_some_and(|peer| peer.0.ip().is_loopback());
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if local && !host.is_some_and(|host| is_own_host(host, state.authority())) {
        let body = "{\"error\":\"misdirected_request\"}";
        let json = (HeaderName::from_static("content-type"), "application/json");
        return (StatusCode::MISDIRECTED_REQUEST, [json], body).into_response();
    }
    next.run(request).await
}

fn is_own_host(host: &str, authority: &str) -> bool {
    let Ok(asked) = url::Url::parse(&format!("http://{host}")) else {
        return false;
    };
    let name = asked.host_str().unwrap_or_default();
    let loopback = match asked.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    loopback || url::Url::parse(authority).is_ok_and(|own| own.host_str() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_the_authority_are_own_hosts() {
        let authority = "https://id.example.com";
        for host in [
            "127.0.0.1:5003",
            "localhost",
            "[::1]:5003",
            "id.example.com",
        ] {
            assert!(is_own_host(host, authority), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "",
            "id.example.com.evil",
        ] {
            assert!(!is_own_host(host, authority), "{host}");
        }
    }

    #[test]
    fn public_urls_lose_their_trailing_slash_and_must_be_absolute() {
        assert_eq!(
            base_url("k", "http://a:1/").ok().as_deref(),
            Some("http://a:1")
        );
        for bad in ["mcp.local", "ftp://a", "http://a?x=1", ""] {
            assert!(base_url("k", bad).is_err(), "{bad}");
        }
    }
}
