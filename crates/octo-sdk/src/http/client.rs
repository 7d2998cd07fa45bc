//! Address joining and request building for one service, tenant and token.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue, IF_MATCH};
use url::Url;

use super::revision::{LastRead, Revisions};
use super::{Http, ServiceRequest};
use crate::{AccessToken, ServiceError};

/// One service as seen by one caller: `{service}/{tenant}/v1/` plus the caller's token.
#[derive(Clone, Debug)]
pub struct ServiceClient {
    http: Http,
    base: Url,
    authorization: HeaderValue,
    revisions: Revisions,
}

impl ServiceClient {
    /// A client of the service at `service`, acting in `tenant` (`system` for the system routes).
    ///
    /// # Errors
    /// [`ServiceError::InvalidArgument`] when the address is not HTTP(S), the tenant cannot stand
    /// in a path, or the token cannot stand in a header.
    pub fn new(
        http: &Http,
        service: &Url,
        tenant: &str,
        token: &AccessToken,
    ) -> Result<Self, ServiceError> {
        if tenant.trim().is_empty() {
            return Err(ServiceError::InvalidArgument(
                "A tenantId is required.".to_owned(),
            ));
        }
        let base = extend_path(service, &[tenant.trim(), "v1"])?;
        Ok(Self {
            http: http.clone(),
            base,
            authorization: bearer(token)?,
            revisions: Revisions::default(),
        })
    }

    /// The same service, noting the revision of what it reads.
    pub(crate) fn noting(&self) -> Self {
        Self {
            revisions: Revisions::Noted(LastRead::default()),
            ..self.clone()
        }
    }

    /// The same service, replacing (PUT) only what is as it was read last by this one, which has to
    /// be [`noting`](Self::noting).
    pub(crate) fn if_unchanged(&self) -> Self {
        let last = match &self.revisions {
            Revisions::Noted(last) => last.get(),
            _ => None,
        };
        Self {
            revisions: Revisions::Required(last),
            ..self.clone()
        }
    }

    /// Starts a GET of the route made of these path segments.
    pub fn get(&self, segments: &[&str]) -> ServiceRequest {
        self.request(Method::GET, segments)
    }

    /// Starts a POST.
    pub fn post(&self, segments: &[&str]) -> ServiceRequest {
        self.request(Method::POST, segments)
    }

    /// Starts a PUT.
    pub fn put(&self, segments: &[&str]) -> ServiceRequest {
        self.request(Method::PUT, segments)
    }

    /// Starts a PATCH.
    pub fn patch(&self, segments: &[&str]) -> ServiceRequest {
        self.request(Method::PATCH, segments)
    }

    /// Starts a DELETE.
    pub fn delete(&self, segments: &[&str]) -> ServiceRequest {
        self.request(Method::DELETE, segments)
    }

    fn request(&self, method: Method, segments: &[&str]) -> ServiceRequest {
        let (mut noting, mut wanted) = (None, None);
        match &self.revisions {
            Revisions::Noted(last) if method == Method::GET => noting = Some(last.clone()),
            Revisions::Required(revision) if method == Method::PUT => wanted.clone_from(revision),
            _ => {}
        }
        let builder = extend_path(&self.base, segments).map(|url| {
            let pool = self.http.pool(&url);
            let request = pool
                .request(method, url)
                .header(AUTHORIZATION, self.authorization.clone())
                .header(reqwest::header::ACCEPT, "application/json");
            match wanted {
                Some(revision) => request.header(IF_MATCH, revision),
                None => request,
            }
        });
        ServiceRequest::new(builder, self.http.timeout(), noting)
    }
}

/// The header value `bearer {token}`; the scheme word is lower-case as the original sends it.
pub(crate) fn bearer(token: &AccessToken) -> Result<HeaderValue, ServiceError> {
    let mut value = HeaderValue::from_str(&format!("bearer {}", token.expose())).map_err(|_| {
        ServiceError::InvalidArgument(
            "The access token holds characters that cannot be sent. Sign in again.".to_owned(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Appends path segments with exactly one slash between them, each percent-encoded.
///
/// A segment that is empty, `.` or `..` would silently name another route, so it is refused.
pub(crate) fn extend_path(base: &Url, segments: &[&str]) -> Result<Url, ServiceError> {
    if !matches!(base.scheme(), "http" | "https") {
        return Err(ServiceError::InvalidArgument(format!(
            "'{base}' is not an http or https address."
        )));
    }
    for segment in segments {
        if segment.is_empty() || matches!(*segment, "." | "..") {
            return Err(ServiceError::InvalidArgument(format!(
                "'{segment}' cannot be used as a name in a request."
            )));
        }
    }
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .map_err(|()| ServiceError::InvalidArgument(format!("'{base}' is not a usable address.")))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, segments: &[&str]) -> Result<String, String> {
        extend_path(&base.parse().unwrap(), segments)
            .map(String::from)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn exactly_one_slash() {
        for base in ["http://h:1", "http://h:1/"] {
            assert_eq!(joined(base, &["acme", "v1"]).unwrap(), "http://h:1/acme/v1");
        }
        assert_eq!(joined("http://h/id/", &["a"]).unwrap(), "http://h/id/a");
    }

    #[test]
    fn segments_cannot_leave_their_place() {
        assert_eq!(
            joined("http://h", &["a/../b", "50% ?#ä\\"]).unwrap(),
            "http://h/a%2F..%2Fb/50%25%20%3F%23%C3%A4%5C"
        );
        for bad in ["", ".", ".."] {
            assert_eq!(
                joined("http://h", &["users", bad]).unwrap_err(),
                format!("'{bad}' cannot be used as a name in a request.")
            );
        }
    }

    #[test]
    fn only_http() {
        assert!(joined("ftp://h", &["a"]).is_err());
        assert!(joined("mailto:a@b", &["a"]).is_err());
    }

    #[test]
    fn the_token_is_not_in_debug_output() {
        let http = Http::new(&Default::default()).unwrap();
        let url = "http://h".parse().unwrap();
        let client =
            ServiceClient::new(&http, &url, "acme", &AccessToken::new("tok-secret")).unwrap();
        assert!(!format!("{client:?}").contains("tok-secret"));
        let bad = ServiceClient::new(&http, &url, "acme", &AccessToken::new("a\nb"));
        assert!(bad.is_err());
    }
}
