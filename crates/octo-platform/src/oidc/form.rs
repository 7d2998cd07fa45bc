//! Form parameters of OAuth requests.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::{Form, RequestExt as _};

use super::error::OAuthError;

/// The only parameter that may be repeated (RFC 8707, 2).
const RESOURCE: &str = "resource";

/// The parameters of a request; each at most once but for `resource`, blank ones count as absent.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Params {
    single: BTreeMap<String, String>,
    resources: Vec<String>,
}

impl Params {
    /// The value of a parameter, if it is present and not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.single
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A value exactly as sent, blanks included; `None` when it is empty.
    pub fn verbatim(&self, name: &str) -> Option<&str> {
        self.single
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

    /// The values of `resource` (RFC 8707).
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// Reads a query or a form.
    ///
    /// # Errors
    /// `invalid_request` if a parameter is repeated.
    pub fn parse(query: &str) -> Result<Self, OAuthError> {
        Self::collect(url::form_urlencoded::parse(query.as_bytes()).into_owned())
    }

    /// These parameters with another value of one of them; `None` takes it away.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.single.insert(name.to_owned(), value),
            None => self.single.remove(name),
        };
        self
    }

    /// The parameters as a query, without blank ones.
    pub fn to_query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = self.single.iter().filter(|(_, value)| !value.is_empty());
        query.extend_pairs(pairs);
        query.extend_pairs(self.resources.iter().map(|resource| (RESOURCE, resource)));
        query.finish()
    }

    fn collect(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, OAuthError> {
        let mut params = Self::default();
        for (name, value) in pairs {
            if name == RESOURCE {
                params
                    .resources
                    .extend((!value.is_empty()).then_some(value));
            } else if params.single.insert(name, value).is_some() {
                return Err(OAuthError::invalid_request("a parameter is repeated"));
            }
        }
        Ok(params)
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
        Self::collect(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_resource_may_be_repeated() {
        let params = Params::parse("a=1&resource=x&resource=y&b=").unwrap();
        assert_eq!(params.resources(), ["x", "y"]);
        assert_eq!((params.get("a"), params.get("b")), (Some("1"), None));
        assert_eq!(
            Params::parse("a=1&a=1").unwrap_err().code(),
            "invalid_request"
        );
    }

    #[test]
    fn a_query_is_written_as_it_was_read() {
        let params =
            Params::parse("state=a%26b+c&resource=http%3A%2F%2Fx%2F&prompt=login").unwrap();
        let again = Params::parse(&params.to_query()).unwrap();
        assert_eq!(params, again);
        assert_eq!(
            params.with("prompt", None).to_query(),
            "state=a%26b+c&resource=http%3A%2F%2Fx%2F"
        );
    }
}
