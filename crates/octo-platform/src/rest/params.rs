//! Query parameters, with names in any case as the real services take them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::problem::Problem;

/// The query parameters of a request. Of a repeated one the first counts.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    fn parse(query: &str) -> Self {
        let mut params = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            params
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| value.into_owned());
        }
        Self(params)
    }

    /// A parameter that is present and not blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(&name.to_ascii_lowercase())?;
        (!value.trim().is_empty()).then_some(value)
    }

    /// Several parameters that must be there; all missing ones are reported at once.
    pub(crate) fn require<const N: usize>(&self, names: [&str; N]) -> Result<[&str; N], Problem> {
        let missing: Vec<_> = names
            .iter()
            .filter(|name| self.get(name).is_none())
            .map(|name| (*name, format!("The {name} field is required.")))
            .collect();
        if !missing.is_empty() {
            return Err(Problem::validation_errors(&missing));
        }
        Ok(names.map(|name| self.get(name).unwrap_or_default()))
    }

    /// A parameter of another type than text; `None` when absent.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => text.trim().parse().map(Some).map_err(|_| {
                Problem::validation(name, format!("The value '{text}' is not valid."))
            }),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_values_decoded() {
        let params = Params::parse("CHILDtenantid=a%20b&databaseName=x+y&skip=7&blank=%20");
        assert_eq!(params.get("childTenantId"), Some("a b"));
        assert_eq!(params.get("DatabaseName"), Some("x y"));
        assert_eq!(params.get("blank"), None);
        assert_eq!(params.parsed::<u64>("skip"), Ok(Some(7)));
        assert!(params.parsed::<u64>("databaseName").is_err());
    }

    #[test]
    fn all_missing_parameters_are_reported() {
        let params = Params::parse("b=1");
        let problem = params.require(["a", "b", "c"]).unwrap_err();
        let expected = Problem::validation_errors(&[
            ("a", "The a field is required.".to_owned()),
            ("c", "The c field is required.".to_owned()),
        ]);
        assert_eq!(problem, expected);
        assert_eq!(params.require(["b"]), Ok(["1"]));
    }
}
