//! Error bodies of the REST services (identity.md 3, assets.md 1.4).
//!
//! A handler returns `Result<_, Problem>`; each constructor is one of the shapes the real services
//! send, so that clients of either cannot tell them apart. Failures of the database are logged and
//! shown without their cause.

use std::fmt::Display;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use octo_runtime::RuntimeError;
use serde::Serialize;
use serde_json::{Value, json};

/// One reason inside an error body: `{"code": …, "description": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Stable code, for example `PasswordTooShort`.
    pub code: String,
    /// The reason as a sentence.
    pub description: String,
}

impl Detail {
    /// A reason.
    pub fn new(code: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            description: description.into(),
        }
    }
}

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: StatusCode,
    content_type: &'static str,
    body: Option<Value>,
}

const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";

impl Problem {
    /// E400: the request cannot be carried out.
    pub fn bad_request(message: impl Display) -> Self {
        Self::failed(message, None)
    }

    /// E400 with the reasons one by one.
    pub fn bad_request_with(message: impl Display, details: Vec<Detail>) -> Self {
        Self::failed(message, Some(details))
    }

    /// E404: the thing the route names does not exist.
    pub fn not_found(message: impl Display) -> Self {
        Self::api(StatusCode::NOT_FOUND, "NotFound", message, None)
    }

    /// 409 with the body of an E400, as the asset repository sends it (assets.md 1.4).
    pub fn conflict(message: impl Display) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            ..Self::failed(message, None)
        }
    }

    /// 403 of a caller who lacks a role; the real services have no such answer, so the shape is
    /// that of the other errors.
    pub fn forbidden(message: impl Display) -> Self {
        Self::api(StatusCode::FORBIDDEN, "Forbidden", message, None)
    }

    /// 412: what a change started from is no longer so. The real services have no such answer, so
    /// the shape is that of the other errors.
    pub fn overtaken(message: impl Display) -> Self {
        Self::api(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            message,
            None,
        )
    }

    /// 413: the upload is too large.
    pub fn too_large(message: impl Display) -> Self {
        Self::api(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            message,
            None,
        )
    }

    /// 503: too much is waiting already.
    pub fn busy(message: impl Display) -> Self {
        Self::api(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            message,
            None,
        )
    }

    /// E500 for a failure that is not the caller's; `cause` goes to the log only.
    pub fn internal(message: &str, cause: &dyn Display) -> Self {
        tracing::error!(%cause, "{message}");
        Self::api(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            message,
            None,
        )
    }

    /// P404: a bare 404 as problem document.
    pub fn bare_not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            content_type: PROBLEM_JSON,
            body: Some(json!({
                "type": "https://tools.ietf.org/html/rfc9110#section-15.5.5",
                "title": "Not Found",
                "status": 404,
            })),
        }
    }

    /// V400: a field or parameter does not pass validation.
    pub fn validation(field: &str, error: impl Display) -> Self {
        Self::validation_errors(&[(field, error.to_string())])
    }

    /// V400 for several fields at once.
    pub fn validation_errors(errors: &[(&str, String)]) -> Self {
        let mut fields = serde_json::Map::new();
        for (field, error) in errors {
            let list = fields
                .entry((*field).to_owned())
                .or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(json!(error));
            }
        }
        Self {
            status: StatusCode::BAD_REQUEST,
            content_type: PROBLEM_JSON,
            body: Some(json!({
                "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
                "title": "One or more validation errors occurred.",
                "status": 400,
                "errors": fields,
            })),
        }
    }

    /// V400 of a missing field or parameter.
    pub fn required(field: &str) -> Self {
        Self::validation(field, format!("The {field} field is required."))
    }

    /// M400: a bare dictionary with one text.
    pub fn dictionary(key: &str, error: impl Display) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            content_type: JSON,
            body: Some(json!({ key: [error.to_string()] })),
        }
    }

    /// S404 and its kin: a status with a bare JSON string.
    pub fn text(status: StatusCode, text: impl Display) -> Self {
        Self {
            status,
            content_type: JSON,
            body: Some(Value::String(text.to_string())),
        }
    }

    /// A status without body.
    pub fn bare(status: StatusCode) -> Self {
        Self {
            status,
            content_type: JSON,
            body: None,
        }
    }

    /// A refusal of the runtime: database failures as E500, everything else as E400 with its text.
    pub fn runtime(message: &str, error: &RuntimeError) -> Self {
        match error {
            RuntimeError::Store(cause) => Self::internal(message, cause),
            refusal => {
                Self::bad_request_with(message, vec![Detail::new("Refused", refusal.to_string())])
            }
        }
    }

    /// Status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    fn failed(message: impl Display, details: Option<Vec<Detail>>) -> Self {
        Self::api(StatusCode::BAD_REQUEST, "BadRequest", message, details)
    }

    fn api(
        status: StatusCode,
        description: &str,
        message: impl Display,
        details: Option<Vec<Detail>>,
    ) -> Self {
        let body = json!({
            "statusCode": status.as_u16(),
            "statusDescription": description,
            "message": message.to_string(),
            "details": details,
        });
        Self {
            status,
            content_type: JSON,
            body: Some(body),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self.body {
            Some(body) => (
                self.status,
                [(CONTENT_TYPE, self.content_type)],
                body.to_string(),
            )
                .into_response(),
            None => self.status.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(problem: &Problem) -> Value {
        problem.body.clone().unwrap_or_default()
    }

    #[test]
    fn shapes() {
        let failed = Problem::bad_request_with("No", vec![Detail::new("A", "a")]);
        let expected = json!({
            "statusCode": 400,
            "statusDescription": "BadRequest",
            "message": "No",
            "details": [{ "code": "A", "description": "a" }],
        });
        assert_eq!(body(&failed), expected);
        let conflict = Problem::conflict("Taken");
        assert_eq!(conflict.status(), StatusCode::CONFLICT);
        assert_eq!(body(&conflict)["statusCode"], 400);
        let text = Problem::text(StatusCode::NOT_FOUND, "Tenant 'x' not found.");
        assert_eq!(body(&text), "Tenant 'x' not found.");
        let required = body(&Problem::required("Password"));
        assert_eq!(
            required["errors"]["Password"][0],
            "The Password field is required."
        );
    }
}
