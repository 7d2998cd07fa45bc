//! Form parameters of OAuth requests.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::{Form, RequestExt as _};

use super::error::OAuthError;

/// The parameters of a form-encoded request; each at most once, blank ones count as absent.
#[derive(Debug, Default)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// The value of a parameter, if it is present and not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A value exactly as sent, blanks included; `None` when it is empty.
    pub fn verbatim(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a parameter that must be present.
    ///
    /// # Errors
    /// `invalid_request` naming the parameter.
    pub fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name)
            .ok_or_else(|| OAuthError::invalid_request(format!("{name} is required")))
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = OAuthError;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let Form(pairs): Form<Vec<(String, String)>> = request.extract().await.map_err(|_| {
            OAuthError::invalid_request(
                "the request must be a POST with content type application/x-www-form-urlencoded",
            )
        })?;
        let mut params = BTreeMap::new();
        for (name, value) in pairs {
            if params.insert(name, value).is_some() {
                return Err(OAuthError::invalid_request("a parameter is repeated"));
            }
        }
        Ok(Self(params))
    }
}
