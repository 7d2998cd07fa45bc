//! Requests as bytes on the wire, also such that no client would send.

use reqwest::{Client as Http, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::app::App;
use crate::client::MODERN;

/// Header that names the protocol version.
pub const VERSION: &str = "MCP-Protocol-Version";

pub fn post(app: &App) -> RequestBuilder {
    Http::new()
        .post(app.mcp_url())
        .header("Accept", "application/json, text/event-stream")
        .header("Content-Type", "application/json")
}

/// A stateless request with the headers it needs.
pub fn modern(app: &App, method: &str, parameters: Value) -> RequestBuilder {
    post(app)
        .header(VERSION, MODERN)
        .header("Mcp-Method", method)
        .json(&stateless(method, parameters, MODERN))
}

pub fn stateless(method: &str, mut parameters: Value, version: &str) -> Value {
    parameters["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": "seven", "method": method, "params": parameters})
}

pub fn initialize(version: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": version, "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    })
}

/// Status and message of an answer, however it is framed.
pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let message = body
        .lines()
        .map(|line| line.strip_prefix("data:").unwrap_or(line))
        .find_map(|line| serde_json::from_str(line).ok());
    (status, message.unwrap_or(Value::String(body)))
}

pub async fn send(request: RequestBuilder) -> (u16, Value) {
    read(request.send().await.unwrap()).await
}
