//! Moving file bytes (spec, assets 12). The unguessable id in the path is the right to use the
//! transfer; a bearer token, if one is sent, must be the owner's.

use std::io;

use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tower_http::services::ServeFile;

use super::{Edge, caller, origin};
use crate::auth::Principal;
use crate::transfer::{MAX_SIZE, TransferError, media_type};

/// Receives the bytes of a reserved transfer.
pub(super) async fn upload(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let principal = match admit(&edge, request.headers()).await {
        Ok(principal) => principal,
        Err(refused) => return refused,
    };
    // Said beforehand, it is refused beforehand: nobody sends 6 GiB to be told at the fifth.
    if request.body().size_hint().lower() > MAX_SIZE {
        return failed(&TransferError::TooLarge);
    }
    let content_type = media_type::declared(request.headers());
    let stream = request.into_body().into_data_stream();
    match edge
        .services
        .transfers
        .receive(&id, principal.as_ref(), content_type, stream)
        .await
    {
        Ok(size) => Json(json!({"transferId": id, "sizeBytes": size})).into_response(),
        Err(error) => failed(&error),
    }
}

/// Sends the bytes of a complete transfer, or a range of them.
pub(super) async fn download(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let principal = match admit(&edge, request.headers()).await {
        Ok(principal) => principal,
        Err(refused) => return refused,
    };
    let transfer = match edge.services.transfers.download(&id, principal.as_ref()) {
        Ok(transfer) => transfer,
        Err(error) => return failed(&error),
    };
    match ServeFile::new(&transfer.path).try_call(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => gone(),
        Ok(response) => {
            let mut response = response.map(Body::new);
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/octet-stream"),
            );
            if let Ok(value) = HeaderValue::from_str(&disposition(&transfer.file_name)) {
                headers.insert(header::CONTENT_DISPOSITION, value);
            }
            response
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => gone(),
        Err(error) => failed(&TransferError::Io(error)),
    }
}

/// The bearer of the request, if it sends a token; a token that is not good is refused.
async fn admit(edge: &Edge, headers: &HeaderMap) -> Result<Option<Principal>, Response> {
    origin::check(edge, headers)?;
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = match caller::bearer(authorization) {
        Some(token) => caller::verify(edge, token).await.ok(),
        None => None,
    };
    match token.and_then(|token| token.principal.clone()) {
        Some(principal) => Ok(Some(principal)),
        None => Err(StatusCode::UNAUTHORIZED.into_response()),
    }
}

fn failed(error: &TransferError) -> Response {
    let status = match error {
        TransferError::Unknown => StatusCode::NOT_FOUND,
        TransferError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        TransferError::TooMany => StatusCode::TOO_MANY_REQUESTS,
        TransferError::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        TransferError::Io(cause) => {
            tracing::error!(%cause, "a transferred file could not be handled");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    let text = match error {
        TransferError::Io(_) => "The file could not be stored.".to_owned(),
        other => other.to_string(),
    };
    (status, Json(json!({"error": text}))).into_response()
}

fn gone() -> Response {
    let body = json!({"error": "Download file is no longer available."});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// `Content-Disposition` with a plain and an exact form of the name (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let exact: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn names_cannot_break_out_of_the_header() {
        assert_eq!(
            disposition("a\"b\r\nü.zip"),
            "attachment; filename=\"a_b___.zip\"; filename*=UTF-8''a%22b%0D%0A%C3%BC.zip"
        );
    }
}
