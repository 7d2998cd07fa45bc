//! Revisions of what is read, so that a change can say what it started from.
//!
//! The service replaces things as a whole, and a client that changes one part reads first and writes
//! everything. Of two that do so at the same time one would undo the other. So a thing is read with
//! an `ETag`, and a write with `If-Match` is made only while the thing is as it was read (RFC 9110,
//! 8.8.3 and 13.1.1). A write without `If-Match` is made in any case: the real services know neither.
//!
//! The tag is worked out from the representation, so it changes with what the reader can see and
//! with nothing else (a failed log-in changes the stored user, for example).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use http::request::Parts;
use serde::Serialize;

use crate::problem::Problem;
use crate::secret::sha256;

/// A JSON answer with its revision.
#[derive(Debug)]
pub(crate) struct Revised<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Revised<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(body) => {
                let tag = tag_of(&body);
                (
                    [(ETAG, tag.as_str()), (CONTENT_TYPE, "application/json")],
                    body,
                )
                    .into_response()
            }
            Err(error) => {
                Problem::internal("The answer could not be written.", &error).into_response()
            }
        }
    }
}

/// The revisions a write may start from; `None` for any.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let tags = values.flat_map(|value| value.split(',')).map(str::trim);
        let tags: Vec<String> = tags.map(str::to_owned).collect();
        match tags.is_empty() || tags.iter().any(|tag| tag == "*") {
            true => Self(None),
            false => Self(Some(tags)),
        }
    }

    /// Lets a write pass whose starting point is `current`, as it would be read now. Ask while
    /// nobody else can write.
    ///
    /// # Errors
    /// 412 if it was changed meanwhile.
    pub(crate) fn check(&self, current: &impl Serialize) -> Result<(), Problem> {
        let Some(tags) = &self.0 else {
            return Ok(());
        };
        let current = serde_json::to_string(current)
            .map_err(|error| Problem::internal("The revision could not be worked out.", &error))?;
        match tags.contains(&tag_of(&current)) {
            true => Ok(()),
            false => Err(Problem::overtaken(
                "This was changed since it was read. Read it again and repeat the change.",
            )),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let values = parts.headers.get_all(IF_MATCH).iter();
        // What is no text matches nothing.
        Ok(Self::parse(
            values.map(|value| value.to_str().unwrap_or_default()),
        ))
    }
}

fn tag_of(body: &str) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&sha256(body)[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&str]) -> IfMatch {
        IfMatch::parse(values.iter().copied())
    }

    #[test]
    fn only_the_present_revision_passes() {
        let tag = tag_of("[1]");
        for passes in [
            &[][..],
            &["*"],
            &[&tag],
            &["\"x\"", &tag],
            &[&format!("\"x\", {tag}")],
        ] {
            assert!(parse(passes).check(&[1]).is_ok(), "{passes:?}");
        }
        for fails in [
            &["\"x\""][..],
            &[""],
            &[&format!("W/{tag}")],
            &[tag.trim_matches('"')],
        ] {
            let problem = parse(fails).check(&[1]).unwrap_err();
            assert_eq!(
                problem.status(),
                http::StatusCode::PRECONDITION_FAILED,
                "{fails:?}"
            );
        }
    }
}
