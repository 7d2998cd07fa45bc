//! Bodies of requests to MCP endpoints: bounded before the protocol layer sees them, and refused in
//! its own terms, so that clients show their users what was wrong (JSON-RPC 2.0, 5.1).

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;

/// Largest body, bytes.
pub(super) const MAX_BODY: usize = 4 * 1024 * 1024;
/// Deepest nesting of lists and objects; the JSON reader itself ends at 128.
const MAX_NESTING: usize = 120;
/// JSON-RPC: the request is not a valid one.
const INVALID_REQUEST: i32 = -32600;

/// The whole body.
///
/// # Errors
/// The answer to a body that is too large, nested too deeply, or did not arrive.
pub(super) async fn read(body: Body) -> Result<Bytes, Response> {
    let collected = Limited::new(body, MAX_BODY).collect().await;
    let bytes = match collected {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "A request may have at most 4 MiB. Split the call, or upload files with prepare_file_upload.",
            ));
        }
        Err(_) => {
            return Err(refused(
                StatusCode::BAD_REQUEST,
                "The body of the request did not arrive.",
            ));
        }
    };
    if nesting(&bytes) > MAX_NESTING {
        return Err(refused(
            StatusCode::BAD_REQUEST,
            "The request is nested too deeply: arguments may have at most 64 levels of lists and objects.",
        ));
    }
    Ok(bytes)
}

fn refused(status: StatusCode, message: &str) -> Response {
    let error = json!({"code": INVALID_REQUEST, "message": message});
    let body = json!({"jsonrpc": "2.0", "id": null, "error": error});
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (status, content_type, body.to_string()).into_response()
}

/// How deeply lists and objects are nested, without reading anything else.
fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        for (json, expected) in [
            ("", 0),
            ("1", 0),
            (r#"{"a": [1, {"b": []}]}"#, 4),
            (r#"{"a": "[[[[{", "b": "\"[["}"#, 1),
            (r#"["\\", [2]]"#, 2),
            ("]]][", 1),
        ] {
            assert_eq!(nesting(json.as_bytes()), expected, "{json}");
        }
    }
}
