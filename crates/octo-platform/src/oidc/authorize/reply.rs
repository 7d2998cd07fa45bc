//! Sending the browser back to the client (RFC 6749, 4.1.2; RFC 9207; form post mode of OpenID).

use url::Url;

/// How a client wants its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of a redirect.
    Query,
    /// In a form the browser posts.
    FormPost,
}

/// Where an answer goes. Exists only for an address that was found registered for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// The address.
    pub uri: Url,
    /// How.
    pub mode: ResponseMode,
    /// What the client wants back unchanged.
    pub state: Option<String>,
    /// Who answers: protects clients of several providers from taking one for the other.
    pub issuer: String,
}

/// An answer on its way to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Go to this address.
    Redirect(String),
    /// Post these fields to this address.
    Post {
        /// The address.
        action: Url,
        /// Names and values.
        fields: Vec<(String, String)>,
    },
}

/// Why a client gets no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Error code.
    pub error: String,
    /// For the developer of the client.
    pub description: String,
}

impl Refusal {
    /// An error of that code.
    pub fn new(error: &str, description: impl Into<String>) -> Self {
        Self {
            error: error.to_owned(),
            description: description.into(),
        }
    }
}

impl ReplyTo {
    /// The answer with a code.
    pub fn code(&self, code: &str) -> Reply {
        self.reply(vec![("code".to_owned(), code.to_owned())])
    }

    /// The answer without.
    pub fn refuse(&self, refusal: &Refusal) -> Reply {
        let mut fields = vec![("error".to_owned(), refusal.error.clone())];
        if !refusal.description.is_empty() {
            fields.push(("error_description".to_owned(), refusal.description.clone()));
        }
        self.reply(fields)
    }

    /// The host people should recognise; the scheme of an application that has none.
    pub fn shown_host(&self) -> String {
        match (self.uri.host_str(), self.uri.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => format!("{}:", self.uri.scheme()),
        }
    }

    fn reply(&self, mut fields: Vec<(String, String)>) -> Reply {
        if let Some(state) = &self.state {
            fields.push(("state".to_owned(), state.clone()));
        }
        fields.push(("iss".to_owned(), self.issuer.clone()));
        match self.mode {
            ResponseMode::Query => {
                let mut uri = self.uri.clone();
                uri.query_pairs_mut().extend_pairs(fields);
                Reply::Redirect(uri.into())
            }
            ResponseMode::FormPost => Reply::Post {
                action: self.uri.clone(),
                fields,
            },
        }
    }
}

/// An address as source of a content security policy: a page with a form that leads there has to
/// allow it, since browsers apply its policy to redirects as well.
pub fn policy_source(uri: &Url) -> String {
    let origin = uri.origin();
    let source = origin.ascii_serialization();
    // A host may contain characters that end a directive, and policies know no IPv6.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '/');
    match origin.is_tuple() && source.chars().all(plain) {
        true => source,
        false => format!("{}:", uri.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(uri: &str, mode: ResponseMode) -> ReplyTo {
        ReplyTo {
            uri: uri.parse().unwrap(),
            mode,
            state: Some("a&b".to_owned()),
            issuer: "http://id/".to_owned(),
        }
    }

    #[test]
    fn the_query_of_the_address_is_kept() {
        assert_eq!(
            to("http://127.0.0.1:1/cb?x=1", ResponseMode::Query).code("c"),
            Reply::Redirect(
                "http://127.0.0.1:1/cb?x=1&code=c&state=a%26b&iss=http%3A%2F%2Fid%2F".to_owned()
            )
        );
    }

    #[test]
    fn policies_name_the_origin_or_the_scheme() {
        let source = |uri: &str| policy_source(&uri.parse().unwrap());
        assert_eq!(source("https://app.example/cb"), "https://app.example");
        assert_eq!(source("http://127.0.0.1:5/cb"), "http://127.0.0.1:5");
        assert_eq!(source("my.app:/cb"), "my.app:");
        assert_eq!(source("http://[::1]:5/cb"), "http:");
        assert_eq!(source("https://a;script-src/cb"), "https:");
    }
}
