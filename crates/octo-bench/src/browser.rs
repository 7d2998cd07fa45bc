//! As much of a browser as a sign-in needs: fetches pages, sends forms, keeps cookies.

use std::collections::BTreeMap;

use regex::Regex;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::Failure;

/// A page as shown.
pub(crate) struct Page {
    url: Url,
    html: String,
}

/// One browser with its cookies.
pub(crate) struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            http: Client::builder().redirect(Policy::none()).build()?,
            cookies: BTreeMap::new(),
        })
    }

    /// Opens an address.
    pub(crate) async fn open(&mut self, url: &str) -> Result<Page, Failure> {
        let url = Url::parse(url)?;
        self.follow(self.http.get(url.clone()), url).await
    }

    /// Sends the first form of a page with some fields filled in, pressing a button by its value.
    pub(crate) async fn submit(
        &mut self,
        page: &Page,
        fields: &[(&str, &str)],
        button: Option<&str>,
    ) -> Result<Page, Failure> {
        let form = Regex::new(r#"(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>"#)?;
        let form = form
            .captures(&page.html)
            .ok_or_else(|| format!("{} shows no form", page.url.path()))?;
        let url = page.url.join(&unescape(&form[1]))?;
        let mut values = BTreeMap::new();
        for input in Regex::new("<(?:input|button)[^>]*>")?.find_iter(&form[2]) {
            let input = input.as_str();
            let Some(name) = attribute(input, "name")? else {
                continue;
            };
            let value = attribute(input, "value")?.unwrap_or_default();
            if !input.starts_with("<button") || button == Some(value.as_str()) {
                values.insert(name, value);
            }
        }
        for (name, value) in fields {
            values.insert((*name).to_owned(), (*value).to_owned());
        }
        self.follow(self.http.post(url.clone()).form(&values), url)
            .await
    }

    async fn follow(&mut self, mut request: RequestBuilder, mut url: Url) -> Result<Page, Failure> {
        for _ in 0..10 {
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let response = request.header(COOKIE, cookies.join("; ")).send().await?;
            for cookie in response.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let Some(location) = response.headers().get(LOCATION) else {
                let html = response.error_for_status()?.text().await?;
                return Ok(Page { url, html });
            };
            url = url.join(location.to_str()?)?;
            request = self.http.get(url.clone());
        }
        Err(format!("too many redirects at {url}").into())
    }
}

fn attribute(tag: &str, name: &str) -> Result<Option<String>, Failure> {
    let pattern = Regex::new(&format!(r#"\b{name}="([^"]*)""#))?;
    Ok(pattern.captures(tag).map(|found| unescape(&found[1])))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}
