//! The HTTP surface: MCP endpoints, protected-resource metadata, file transfer, health.
//!
//! Every request to an MCP endpoint passes, in this order: origin, caller, tenant of the route,
//! session. Only then does the protocol layer see it, so that nobody learns anything about
//! sessions or tools without being admitted (spec, auth 10.1 and 10.9).

mod body;
mod caller;
mod files;
mod health;
mod metadata;
mod origin;
mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, put};
use axum::serve::{ListenerExt, TapIo};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::handler::Handler;
use crate::services::Services;
use sessions::{SESSION_IDLE, Sessions};

/// Header with the id of a legacy session.
const SESSION_HEADER: &str = "mcp-session-id";

/// Tenant named by the path of the request.
#[derive(Debug, Clone)]
pub struct RouteTenant(pub Option<String>);

/// State of the edge.
#[derive(Clone)]
pub(crate) struct Edge {
    services: Arc<Services>,
    sessions: Arc<Sessions>,
    mcp: StreamableHttpService<Handler, LocalSessionManager>,
    /// The listener is bound to a loopback address.
    is_loopback: bool,
}

/// All routes of the server. `address` is where the listener is bound; `stop` ends open streams.
pub fn router(services: Arc<Services>, address: SocketAddr, stop: CancellationToken) -> Router {
    let mut manager = LocalSessionManager::default();
    manager.session_config.keep_alive = Some(SESSION_IDLE);
    let manager = Arc::new(manager);
    let sessions = Arc::new(Sessions::new(manager.clone(), services.token_store.clone()));
    sessions.clone().watch(stop.clone());
    let edge = Edge {
        mcp: mcp_service(&services, manager, stop),
        sessions,
        is_loopback: address.ip().is_loopback(),
        services,
    };
    let no_sniff = SetResponseHeaderLayer::if_not_present(
        header::X_CONTENT_TYPE_OPTIONS,
        header::HeaderValue::from_static("nosniff"),
    );
    Router::new()
        .route("/mcp", any(endpoint))
        .route("/{tenant_id}/mcp", any(endpoint))
        .route(
            "/.well-known/oauth-protected-resource",
            get(metadata::document),
        )
        .route(
            "/.well-known/oauth-protected-resource/{*path}",
            get(metadata::document),
        )
        .route("/file-transfer/upload/{id}", put(files::upload))
        .route("/file-transfer/download/{id}", get(files::download))
        .route("/health", get(health::health))
        .route("/healthz/live", get(health::live))
        .route("/healthz/ready", get(health::ready))
        .layer(no_sniff)
        .with_state(edge)
}

/// Connections that send each piece of a stream at once. Held back until the former piece is
/// acknowledged, the end of a streamed answer would come 40 ms late.
pub(crate) fn undelayed(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    // A connection that cannot be set up so works all the same.
    listener.tap_io(|connection| _ = connection.set_nodelay(true))
}

fn mcp_service(
    services: &Arc<Services>,
    manager: Arc<LocalSessionManager>,
    stop: CancellationToken,
) -> StreamableHttpService<Handler, LocalSessionManager> {
    // Host and Origin are checked by the edge, which knows who is asking.
    let config = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_max_request_body_bytes(body::MAX_BODY)
        .with_sse_keep_alive(Some(Duration::from_secs(15)))
        .with_cancellation_token(stop)
        .disable_allowed_hosts();
    let handler = Handler::new(services.clone());
    StreamableHttpService::new(move || Ok(handler.clone()), manager, config)
}

async fn endpoint(
    State(edge): State<Edge>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    tenant: Option<Path<String>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Err(refused) = origin::check(&edge, &parts.headers) {
        return refused;
    }
    if parts.method == Method::OPTIONS {
        return origin::preflight(&parts.headers);
    }
    let route = tenant.map(|Path(tenant)| tenant);
    let caller = match caller::identify(&edge, &parts, peer, route.as_deref()).await {
        Ok(caller) => caller,
        Err(refused) => return refused,
    };
    if is_modern(&parts.headers) {
        // Such requests have no session; naming one must not lead into somebody else's.
        parts.headers.remove(SESSION_HEADER);
    }
    if let Err(refused) = edge.sessions.check(&parts.headers, &caller) {
        return refused;
    }
    let is_new = parts.method == Method::POST && may_open_session(&parts.headers);
    if is_new && edge.sessions.is_full() {
        return too_many_sessions();
    }
    let ended = (parts.method == Method::DELETE)
        .then(|| session_of(&parts.headers).map(str::to_owned))
        .flatten();
    let cors = origin::cors(&parts.headers);
    let body = match body::read(body).await {
        Ok(body) => Body::from(body),
        Err(refused) => return (cors, refused).into_response(),
    };
    parts.extensions.insert(RouteTenant(route));
    parts.extensions.insert(caller.clone());
    let mut response = edge
        .mcp
        .handle(Request::from_parts(parts, body))
        .await
        .map(Body::new);
    if is_new && let Some(id) = session_of(response.headers()) {
        edge.sessions.bind(id, &caller);
    }
    if let Some(id) = ended {
        edge.sessions.end(&id);
        if response.status() == StatusCode::ACCEPTED {
            // Nothing is left to be done, which 202 would mean.
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
    }
    response.headers_mut().extend(cors);
    response
}

/// Whether a request says it belongs to the stateless protocol generation.
fn is_modern(headers: &HeaderMap) -> bool {
    let version = headers
        .get("mcp-protocol-version")
        .and_then(|version| version.to_str().ok());
    version.is_some_and(|version| version >= "2026-07-28")
}

/// Whether the message can be `initialize`: it opens a session whatever version its headers name,
/// and only it may leave out the method.
fn may_open_session(headers: &HeaderMap) -> bool {
    let method = headers.get("mcp-method").map(|method| method.as_bytes());
    let is_other = method.is_some_and(|method| method != b"initialize");
    let is_stateless = is_modern(headers) && is_other;
    !(is_stateless || headers.contains_key(SESSION_HEADER))
}

fn session_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_HEADER)?.to_str().ok()
}

fn too_many_sessions() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "60")],
        "There are too many open sessions. Try again later.",
    )
        .into_response()
}
