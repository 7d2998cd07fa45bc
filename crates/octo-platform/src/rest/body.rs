//! JSON bodies, with member names in any case as the real services read them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// A JSON object whose member names are lower-cased before `T` is read from it.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> JsonBody<T> {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        if body.trim_ascii().is_empty() {
            return Err(Problem::validation(
                "",
                "A non-empty request body is required.",
            ));
        }
        let object: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| Problem::validation("$", format!("Not a JSON object: {error}")))?;
        let object = object
            .into_iter()
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        serde_json::from_value(Value::Object(object))
            .map(Self)
            .map_err(|error| Problem::validation("$", error))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::read(&whole(request, state).await?)
    }
}

/// A JSON array.
#[derive(Debug)]
pub(crate) struct JsonList<T>(pub(crate) Vec<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonList<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = whole(request, state).await?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Problem::validation("$", format!("Not the expected list: {error}")))
    }
}

async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large("The request is too large."),
            _ => Problem::bad_request("The request body could not be read."),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Wanted {
        #[serde(rename = "firstname")]
        first_name: Option<String>,
    }

    #[test]
    fn names_in_any_case() {
        for body in [r#"{"firstName":"A"}"#, r#"{"FIRSTNAME":"A","other":[]}"#] {
            let JsonBody(read) = JsonBody::<Wanted>::read(body.as_bytes()).unwrap();
            assert_eq!(read.first_name.as_deref(), Some("A"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for body in ["", " ", "[]", "null", "{", r#"{"firstName":7}"#] {
            let problem = JsonBody::<Wanted>::read(body.as_bytes()).unwrap_err();
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST, "{body}");
        }
    }
}
