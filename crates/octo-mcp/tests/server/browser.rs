//! A browser without JavaScript: fetches pages, fills in forms, keeps cookies.

use std::collections::BTreeMap;

use regex::Regex;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use url::Url;

/// A page as shown.
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub html: String,
}

/// One browser with its cookies.
pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new() -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            http,
            cookies: BTreeMap::new(),
        }
    }

    /// Signs in on the page of a device authorization and allows it.
    pub async fn allow(&mut self, page: &str, user: &str, password: &str) -> Page {
        self.decide(page, user, password, "allow").await
    }

    /// Signs in on the page of a device authorization and decides with the button of that value.
    pub async fn decide(&mut self, page: &str, user: &str, password: &str, button: &str) -> Page {
        let login = self.open(page).await;
        let fields = [("username", user), ("password", password)];
        let confirm = self.submit(&login, &fields, None).await;
        assert!(
            confirm.html.contains("<button"),
            "not signed in: {}",
            confirm.html
        );
        self.submit(&confirm, &[], Some(button)).await
    }

    /// Values of the cookies it keeps.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    pub async fn open(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let request = self.http.request(Method::GET, url.clone());
        self.follow(request, url).await
    }

    /// Sends the first form of a page with some fields filled in, pressing a button by its value.
    pub async fn submit(
        &mut self,
        page: &Page,
        fields: &[(&str, &str)],
        button: Option<&str>,
    ) -> Page {
        let form = Regex::new(r#"(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>"#).unwrap();
        let form = form
            .captures(&page.html)
            .unwrap_or_else(|| panic!("no form: {}", page.html));
        let url = page.url.join(&unescape(&form[1])).unwrap();
        let mut values = BTreeMap::new();
        for input in Regex::new("<(?:input|button)[^>]*>")
            .unwrap()
            .find_iter(&form[2])
        {
            let input = input.as_str();
            let Some(name) = attribute(input, "name") else {
                continue;
            };
            let value = attribute(input, "value").unwrap_or_default();
            if !input.starts_with("<button") || button == Some(value.as_str()) {
                values.insert(name, value);
            }
        }
        for (name, value) in fields {
            values.insert((*name).to_owned(), (*value).to_owned());
        }
        let request = self.http.request(Method::POST, url.clone()).form(&values);
        self.follow(request, url).await
    }

    async fn follow(&mut self, request: RequestBuilder, mut url: Url) -> Page {
        let mut request = request;
        for _ in 0..10 {
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            let response = request
                .header(COOKIE, cookies.join("; "))
                .send()
                .await
                .unwrap();
            for cookie in response.headers().get_all(SET_COOKIE) {
                let pair = cookie
                    .to_str()
                    .unwrap()
                    .split(';')
                    .next()
                    .unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let Some(location) = response.headers().get(LOCATION) else {
                let status = response.status();
                let html = response.text().await.unwrap();
                // A page that leads on by itself.
                if let Some((_, rest)) = html.split_once("content=\"0; url=") {
                    let target = unescape(rest.split_once('"').unwrap().0);
                    url = url.join(&target).unwrap();
                    request = self.http.request(Method::GET, url.clone());
                    continue;
                }
                return Page { url, status, html };
            };
            url = url.join(location.to_str().unwrap()).unwrap();
            request = self.http.request(Method::GET, url.clone());
        }
        panic!("too many redirects at {url}");
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let pattern = Regex::new(&format!(r#"\b{name}="([^"]*)""#)).unwrap();
    pattern.captures(tag).map(|found| unescape(&found[1]))
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
