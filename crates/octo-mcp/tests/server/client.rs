//! A plain MCP client, close to the wire: both protocol generations.

use reqwest::{Response, StatusCode};
use serde_json::{Map, Value, json};

/// One connection.
pub struct Client {
    pub url: String,
    pub session: Option<String>,
    /// Token sent with every request.
    pub bearer: Option<String>,
    /// Handle of a sign-in without session.
    pub handle: Option<String>,
    /// What the client tells it can do.
    pub capabilities: Value,
    is_modern: bool,
    http: reqwest::Client,
    id: u64,
}

/// Version of the session protocol in tests.
pub const LEGACY: &str = "2025-11-25";
/// Version of the stateless protocol in tests.
pub const MODERN: &str = "2026-07-28";

impl Client {
    /// A client that has not said anything yet.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            session: None,
            bearer: None,
            handle: None,
            capabilities: json!({}),
            is_modern: false,
            http: reqwest::Client::new(),
            id: 0,
        }
    }

    /// A client of the stateless generation.
    pub fn modern(url: &str) -> Self {
        Self {
            is_modern: true,
            ..Self::new(url)
        }
    }

    /// A client with a session.
    pub async fn connect(url: &str) -> Self {
        let mut client = Self::new(url);
        client.initialize().await;
        client
    }

    /// Another program of the same session; its calls have other ids.
    pub fn twin(&self, number: u64) -> Self {
        Self {
            url: self.url.clone(),
            session: self.session.clone(),
            bearer: self.bearer.clone(),
            handle: self.handle.clone(),
            capabilities: self.capabilities.clone(),
            is_modern: self.is_modern,
            http: self.http.clone(),
            id: number * 1_000_000,
        }
    }

    /// Opens a session.
    pub async fn initialize(&mut self) {
        let parameters = json!({
            "protocolVersion": LEGACY,
            "capabilities": self.capabilities,
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = self.request("initialize", parameters).await;
        assert_eq!(
            answer["result"]["protocolVersion"],
            json!(LEGACY),
            "{answer}"
        );
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(self.send(&note, None).await.status(), StatusCode::ACCEPTED);
    }

    /// Calls a tool and returns its structured result, or its text.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.call_raw(tool, arguments).await;
        let result = &answer["result"];
        assert!(result.is_object(), "{answer:#}");
        if result["structuredContent"].is_null() {
            return result["content"][0]["text"].clone();
        }
        let structured = &result["structuredContent"];
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *structured);
        assert_eq!(
            result["isError"].as_bool().unwrap_or_default(),
            structured["isSuccess"] == json!(false),
            "{answer:#}"
        );
        structured.clone()
    }

    /// Calls a tool and returns the whole message.
    pub async fn call_raw(&mut self, tool: &str, arguments: Value) -> Value {
        self.call_with(tool, arguments, json!({})).await
    }

    /// Calls a tool with further parameters of the request.
    pub async fn call_with(&mut self, tool: &str, mut arguments: Value, extra: Value) -> Value {
        if let (Some(handle), Some(arguments)) = (&self.handle, arguments.as_object_mut()) {
            arguments.entry("authHandle").or_insert(json!(handle));
        }
        let mut parameters = json!({"name": tool, "arguments": arguments});
        for (name, value) in extra.as_object().cloned().unwrap_or_default() {
            parameters[name] = value;
        }
        self.request("tools/call", parameters).await
    }

    /// Sends a request and returns the answer, or `{"http": status}` for an answer without
    /// message.
    pub async fn request(&mut self, method: &str, parameters: Value) -> Value {
        let response = self.exchange(method, parameters).await;
        if let Some(session) = response.headers().get("mcp-session-id") {
            self.session = Some(session.to_str().unwrap().to_owned());
        }
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        let found = body
            .lines()
            .map(|line| line.strip_prefix("data:").unwrap_or(line))
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|message| message["id"] == json!(self.id) || message["error"].is_object());
        found.unwrap_or_else(|| json!({"http": status, "body": body}))
    }

    /// Sends a request and returns the HTTP response.
    pub async fn exchange(&mut self, method: &str, mut parameters: Value) -> Response {
        self.id += 1;
        if self.is_modern {
            let mut meta = Map::new();
            let key = |name: &str| format!("io.modelcontextprotocol/{name}");
            meta.insert(key("protocolVersion"), json!(MODERN));
            meta.insert(key("clientCapabilities"), self.capabilities.clone());
            parameters["_meta"] = Value::Object(meta);
        }
        let name = parameters["name"]
            .as_str()
            .or(parameters["uri"].as_str())
            .map(str::to_owned);
        let message =
            json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": parameters});
        self.send(&message, name.as_deref()).await
    }

    /// Sends any message.
    pub async fn send(&self, message: &Value, name: Option<&str>) -> Response {
        let mut request = self
            .http
            .post(&self.url)
            .header("Accept", "application/json, text/event-stream")
            .json(message);
        if self.is_modern {
            let method = message["method"].as_str().unwrap_or_default();
            request = request
                .header("MCP-Protocol-Version", MODERN)
                .header("Mcp-Method", method);
            if let Some(name) = name {
                request = request.header("Mcp-Name", name);
            }
        }
        if let Some(session) = &self.session {
            request = request.header("Mcp-Session-Id", session);
        }
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        request.send().await.unwrap()
    }
}

/// Messages of an answer as they arrive.
pub struct Stream {
    response: Response,
    received: String,
}

impl Stream {
    pub fn new(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self {
            response,
            received: String::new(),
        }
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.received.find('\n') {
                let line: String = self.received.drain(..=end).collect();
                let data = line.trim_end().strip_prefix("data:").unwrap_or_default();
                if let Ok(message) = serde_json::from_str(data) {
                    return Some(message);
                }
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.received.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
