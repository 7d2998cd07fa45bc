//! Starting and stopping the server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use octo_platform::PlatformError;
use octo_sdk::oauth::OAuthClient;
use octo_sdk::{Http, HttpOptions, HttpSetupError};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::auth::{DEVICE_CLIENT, Gate, SessionTokens, TokenStore, TokenVerifier};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::confirm::Confirmations;
use crate::data_folder::{DataFolder, DataFolderError};
use crate::deployment::Deployment;
use crate::derived::Derived;
use crate::services::{Endpoints, Services};
use crate::statistics::Statistics;
use crate::tools;
use crate::transfer::TransferStore;
use crate::transport;
use octo_sdk::fetch::{Fetcher, Limits};

/// How often expired file transfers are removed.
const TRANSFER_SWEEP: Duration = Duration::from_secs(5 * 60);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error(
        "cannot listen on {address}: {source}. Stop the program that uses the port, choose another (OCTO_MCP__PORT), or use --ports auto."
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Data(#[from] DataFolderError),
    /// Folder for transfers.
    #[error("the folder for file transfers cannot be used: {0}")]
    Transfers(std::io::Error),
    /// The embedded platform did not start.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// Calls to the services cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// Something else the configuration lacks.
    #[error("{0}")]
    Setup(String),
}

/// Addresses of a running server, as in the ready file.
#[derive(Debug, Clone, Serialize)]
pub struct Addresses {
    /// MCP endpoint.
    pub mcp: String,
    /// Identity service.
    pub identity: Option<String>,
    /// Asset repository.
    pub assets: Option<String>,
    /// Communication controller.
    pub communication: Option<String>,
    /// Bot service.
    pub bot: Option<String>,
    /// Reporting service.
    pub reporting: Option<String>,
    /// Process id.
    pub pid: u32,
}

/// A server that accepts connections.
pub struct Server {
    services: Arc<Services>,
    deployment: Deployment,
    addresses: Addresses,
    accept: CancellationToken,
    streams: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    /// Held as long as the server runs.
    _folder: DataFolder,
}

impl Server {
    /// Starts the server and, where no cluster is configured, the embedded platform; all
    /// listeners accept when it returns.
    ///
    /// # Errors
    /// See [`StartError`]; nothing keeps running then.
    pub async fn start(config: Config, data_dir: &Path) -> Result<Self, StartError> {
        let wanted = SocketAddr::new(config.mcp.bindaddress, config.mcp.port);
        let in_use = |source| StartError::Listen {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).await.map_err(in_use)?;
        let address = listener.local_addr().map_err(in_use)?;
        let local = format!("http://{address}");
        let public_url = match &config.mcp.publicurl {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => local.clone(),
        };
        let folder = DataFolder::open(data_dir)?;
        let deployment = Deployment::start(&config, data_dir, &public_url).await?;
        let services = services(config, &deployment, data_dir, public_url)?;
        let (accept, streams) = (CancellationToken::new(), CancellationToken::new());
        let router = transport::router(services.clone(), address, streams.clone());
        let app = router.into_make_service_with_connect_info::<SocketAddr>();
        let stop = accept.clone();
        let task = tokio::spawn(async move {
            axum::serve(transport::undelayed(listener), app)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await
        });
        sweep_transfers(services.clone(), accept.clone());
        let addresses = addresses(&local, &services.endpoints);
        Ok(Self {
            services,
            deployment,
            addresses,
            accept,
            streams,
            task,
            _folder: folder,
        })
    }

    /// Where it answers.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The shared state.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Where the backend services are.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The password made for `admin` at the very first start.
    pub fn generated_password(&self) -> Option<&str> {
        self.deployment.generated_password()
    }

    /// Stops accepting, lets calls finish for up to `grace`, then ends.
    pub async fn stop(self, grace: Duration) {
        let Self {
            services,
            deployment,
            accept,
            streams,
            mut task,
            ..
        } = self;
        accept.cancel();
        let started = tokio::time::Instant::now();
        let deadline = started + grace;
        idle(&services, deadline).await;
        // Only streams without a call are left: they would stay open for ever.
        streams.cancel();
        if tokio::time::timeout_at(deadline.max(started + Duration::from_secs(1)), &mut task)
            .await
            .is_err()
        {
            task.abort();
        }
        services.places.close();
        deployment
            .stop(deadline.saturating_duration_since(tokio::time::Instant::now()))
            .await;
    }
}

/// Waits until no tool call runs.
async fn idle(services: &Services, deadline: tokio::time::Instant) {
    let all = u32::try_from(services.config.mcp.maxconcurrentcalls).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout_at(deadline, services.places.acquire_many(all)).await;
}

fn services(
    config: Config,
    deployment: &Deployment,
    data_dir: &Path,
    public_url: String,
) -> Result<Arc<Services>, StartError> {
    let endpoints = deployment.endpoints();
    let http = Http::new(&HttpOptions {
        extra_ca: config.mcp.trustedcafile.clone(),
        insecure_loopback: config.mcp.insecuretls,
        ..HttpOptions::default()
    })?;
    let authority = config
        .mcp
        .authorityurl
        .clone()
        .or_else(|| endpoints.identity.clone());
    let authority = authority
        .ok_or_else(|| StartError::Setup("OCTO_MCP__AUTHORITYURL is required".to_owned()))?;
    let issuer = format!("{}/", authority.as_str().trim_end_matches('/'));
    let oauth = OAuthClient::new(&http, authority, DEVICE_CLIENT);
    let verifier = Arc::new(TokenVerifier::new(oauth.clone(), issuer.clone()));
    let token_store = Arc::new(TokenStore::default());
    let session_tokens = Arc::new(SessionTokens::new(oauth, verifier.clone()));
    let gate = Gate::new(
        token_store.clone(),
        session_tokens.clone(),
        config.tenantauthorization.clone(),
        config.mcp.requiredapiscopes.clone(),
    );
    let fetcher = Fetcher::new(
        config.mcp.knowledgehosts.clone(),
        config.mcp.trustedcafile.as_deref(),
        Limits::default(),
    )
    .map_err(|error| StartError::Setup(error.to_string()))?;
    Ok(Arc::new(Services {
        transfers: TransferStore::open(data_dir.join("transfers"))
            .map_err(StartError::Transfers)?,
        confirmations: Confirmations::new().map_err(|e| StartError::Setup(e.to_owned()))?,
        places: tokio::sync::Semaphore::new(config.mcp.maxconcurrentcalls),
        catalogue: Catalogue::new(tools::toolsets()),
        runtime: deployment.runtime(),
        statistics: Statistics::default(),
        derived: Derived::default(),
        fetcher,
        public_url,
        issuer,
        endpoints,
        http,
        verifier,
        token_store,
        session_tokens,
        gate,
        config,
    }))
}

fn sweep_transfers(services: Arc<Services>, stop: CancellationToken) {
    tokio::spawn(async move {
        while stop
            .run_until_cancelled(tokio::time::sleep(TRANSFER_SWEEP))
            .await
            .is_some()
        {
            services.transfers.sweep();
        }
    });
}

fn addresses(local: &str, endpoints: &Endpoints) -> Addresses {
    let text = |url: &Option<Url>| {
        url.as_ref()
            .map(|url| url.as_str().trim_end_matches('/').to_owned())
    };
    Addresses {
        mcp: format!("{local}/mcp"),
        identity: text(&endpoints.identity),
        assets: text(&endpoints.assets),
        communication: text(&endpoints.communication),
        bot: text(&endpoints.bot),
        reporting: text(&endpoints.reporting),
        pid: std::process::id(),
    }
}
