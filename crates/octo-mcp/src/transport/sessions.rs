//! Which session belongs to whom (spec, auth 10.3).
//!
//! The protocol layer keeps sessions; it does not know callers. A session made by one principal
//! (or by nobody) does not exist for any other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::session_of;
use crate::auth::{Caller, Principal, StoreKey, TokenStore};

/// A session without requests ends after this time.
pub(super) const SESSION_IDLE: Duration = Duration::from_secs(2 * 3600);
/// Sessions open at the same time.
const MAX_SESSIONS: usize = 10_000;
/// How often ended sessions are noticed.
const SWEEP: Duration = Duration::from_secs(60);

/// Owners of the open sessions.
pub(super) struct Sessions {
    owners: Mutex<HashMap<String, Option<Principal>>>,
    manager: Arc<LocalSessionManager>,
    tokens: Arc<TokenStore>,
}

impl Sessions {
    pub(super) fn new(manager: Arc<LocalSessionManager>, tokens: Arc<TokenStore>) -> Self {
        Self {
            owners: Mutex::default(),
            manager,
            tokens,
        }
    }

    /// Lets a request pass that names no session, or one of its caller.
    pub(super) fn check(&self, headers: &HeaderMap, caller: &Caller) -> Result<(), Response> {
        let Some(id) = session_of(headers) else {
            return Ok(());
        };
        match self.lock().get(id) {
            Some(owner) if owner.as_ref() == caller.principal() => Ok(()),
            _ => Err(not_found()),
        }
    }

    /// Whether no further session may be opened.
    pub(super) fn is_full(&self) -> bool {
        self.lock().len() >= MAX_SESSIONS
    }

    /// Notes the owner of a new session.
    pub(super) fn bind(&self, id: &str, caller: &Caller) {
        self.lock()
            .insert(id.to_owned(), caller.principal().cloned());
    }

    /// Forgets a session and the tokens of its login.
    pub(super) fn end(&self, id: &str) {
        self.lock().remove(id);
        self.tokens.remove(&StoreKey::Session(id.into()));
    }

    /// Forgets sessions the protocol layer has closed, until `stop`.
    pub(super) fn watch(self: Arc<Self>, stop: CancellationToken) {
        tokio::spawn(async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(SWEEP))
                .await
                .is_some()
            {
                self.sweep().await;
            }
        });
    }

    async fn sweep(&self) {
        let known: Vec<String> = self.lock().keys().cloned().collect();
        for id in known {
            let open = self.manager.has_session(&id.as_str().into()).await;
            if matches!(open, Ok(false)) {
                self.end(&id);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Option<Principal>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_found() -> Response {
    let body = json!({
        "jsonrpc": "2.0", "id": "", "error": {"code": -32001, "message": "Session not found"},
    });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}
