//! The requests both servers are sent, of both protocol generations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use url::Url;

use crate::Failure;

/// Where arguments hold this text, every call puts a number no other call has.
pub(crate) const NUMBER: &str = "#number#";

const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

/// A protocol generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// Every request stands for itself (2026-07-28).
    Stateless,
    /// Requests belong to a session (up to 2025-11-25).
    Session,
}

/// A tool of a server, as it is called.
#[derive(Clone)]
pub(crate) struct Target {
    /// MCP endpoint.
    pub(crate) url: Url,
    /// Tool to call.
    pub(crate) tool: &'static str,
    /// Its arguments; see [`NUMBER`].
    pub(crate) arguments: Value,
    /// The next such number.
    pub(crate) numbers: Arc<AtomicU64>,
    /// Bearer token, if it needs one.
    pub(crate) bearer: Option<String>,
    /// What every answer holds.
    pub(crate) expected: &'static str,
}

/// Makes the requests of one connection. Only the id and numbers differ from call to call, so that
/// the generator has next to nothing to do.
pub(crate) struct Requests {
    url: Url,
    headers: HeaderMap,
    call: Vec<String>,
    numbers: Arc<AtomicU64>,
    id: u64,
}

impl Requests {
    /// The requests of `generation` to `target`.
    pub(crate) fn new(target: &Target, generation: Generation) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        let host = target.url.authority();
        headers.insert(HOST, HeaderValue::from_str(host)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        if let Some(token) = &target.bearer {
            let value = HeaderValue::from_str(&format!("Bearer {token}"))?;
            headers.insert(AUTHORIZATION, value);
        }
        let mut parameters = json!({"name": target.tool, "arguments": target.arguments});
        if generation == Generation::Stateless {
            let names = [("mcp-method", "tools/call"), ("mcp-name", target.tool)];
            for (name, value) in names {
                headers.insert(name, HeaderValue::from_static(value));
            }
            parameters["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let version = match generation {
            Generation::Stateless => MODERN,
            Generation::Session => LEGACY,
        };
        headers.insert("mcp-protocol-version", HeaderValue::from_static(version));
        Ok(Self {
            url: target.url.clone(),
            headers,
            call: format!(r#""method":"tools/call","params":{parameters}}}"#)
                .split(NUMBER)
                .map(str::to_owned)
                .collect(),
            numbers: Arc::clone(&target.numbers),
            id: 0,
        })
    }

    /// The next call of the tool.
    pub(crate) fn call(&mut self) -> Result<Request<Full<Bytes>>, Failure> {
        self.id += 1;
        let call = match self.call.as_slice() {
            [only] => only,
            pieces => {
                let number = self.numbers.fetch_add(1, Ordering::Relaxed);
                &pieces.join(&number.to_string())
            }
        };
        self.post(format!(r#"{{"jsonrpc":"2.0","id":{},{call}"#, self.id))
    }

    /// Opens a session.
    pub(crate) fn initialize(&self) -> Result<Request<Full<Bytes>>, Failure> {
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": LEGACY,
            "capabilities": {},
            "clientInfo": {"name": "octo-bench", "version": "1"},
        }});
        self.post(message.to_string())
    }

    /// Tells the server that the session is open; later requests belong to it.
    pub(crate) fn initialized(
        &mut self,
        session: HeaderValue,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let name = HeaderName::from_static("mcp-session-id");
        self.headers.insert(name, session);
        let message = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.post(message.to_string())
    }

    fn post(&self, body: String) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::post(self.url.path()).body(Full::new(Bytes::from(body)))?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}
