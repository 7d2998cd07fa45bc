//! A person with a browser that runs no scripts: follows redirects, keeps cookies, fills in forms.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

use crate::platform::{ADMIN_PASSWORD, Answer, DEVICE_CLIENT, TestPlatform};

pub(crate) struct Browser<'a> {
    platform: &'a TestPlatform,
    cookies: BTreeMap<String, String>,
}

/// A page as shown.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) path: String,
    pub(crate) html: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

/// A form of a page.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) method: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(platform: &'a TestPlatform) -> Self {
        Self {
            platform,
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) fn cookies(&self) -> &BTreeMap<String, String> {
        &self.cookies
    }

    /// Takes a cookie as if a page had set it.
    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn open(&mut self, path: &str) -> Page {
        let answer = self
            .request(self.platform.http.get(self.platform.url(path)))
            .await;
        self.follow(path.to_owned(), answer).await
    }

    /// Follows redirects and pages that lead on by themselves, up to a page, or to an address that
    /// is not on this server: that is the page's path then.
    async fn follow(&mut self, mut path: String, mut answer: Answer) -> Page {
        for _ in 0..8 {
            match answer.target() {
                Some(target) => path = target,
                None => break,
            }
            if !path.starts_with('/') {
                break;
            }
            let request = self.platform.http.get(self.platform.url(&path));
            answer = self.request(request).await;
        }
        let (status, headers) = (answer.status, answer.headers);
        assert!(
            !(status.is_redirection() && path.starts_with('/')),
            "redirects do not end at {path}"
        );
        Page {
            status,
            path,
            html: answer.text,
            headers,
        }
    }

    /// Sends a form without following the redirect it may answer with.
    pub(crate) async fn send(&mut self, form: &Form) -> Answer {
        assert_eq!(form.method, "post");
        let request = self
            .platform
            .http
            .post(self.platform.url(&form.action))
            .form(&form.fields);
        self.request(request).await
    }

    pub(crate) async fn submit(&mut self, form: &Form) -> Page {
        if form.method == "get" {
            let query: Vec<_> = form
                .fields
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            return self
                .open(&format!("{}?{}", form.action, query.join("&")))
                .await;
        }
        let answer = self.send(form).await;
        self.follow(form.action.clone(), answer).await
    }

    /// Signs in on the log-in page at `path`.
    pub(crate) async fn sign_in(&mut self, path: &str, user: &str, password: &str) -> Page {
        let page = self.open(path).await;
        assert!(
            page.path.contains("/login"),
            "{} is no log-in page",
            page.path
        );
        let form = page
            .form("/login")
            .with("username", user)
            .with("password", password);
        self.submit(&form).await
    }

    /// Sends a request with the browser's cookies, and keeps those of the answer.
    pub(crate) async fn request(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match cookies.is_empty() {
            true => request,
            false => request.header(COOKIE, cookies.join("; ")),
        };
        let answer = Answer::of(request.send().await.unwrap()).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

impl Answer {
    /// Where a browser goes next by itself.
    pub(crate) fn target(&self) -> Option<String> {
        if self.status.is_redirection() {
            return Some(self.header(LOCATION.as_str()).to_owned());
        }
        let (_, rest) = self.text.split_once("content=\"0; url=")?;
        Some(unescape(rest.split_once('"')?.0))
    }
}

impl Page {
    /// A parameter of the address the browser ended at.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        let parts = self.html.split("<form").skip(1);
        parts
            .map(|part| Form::parse(part.split("</form>").next().unwrap()))
            .collect()
    }

    /// The form whose action ends with `action`.
    pub(crate) fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let found = forms.iter().find(|form| form.action.ends_with(action));
        found
            .unwrap_or_else(|| panic!("no form {action} in {}", self.html))
            .clone()
    }

    /// The text of the element with role `alert`.
    pub(crate) fn alert(&self) -> String {
        let Some((_, rest)) = self.html.split_once("role=\"alert\"") else {
            return String::new();
        };
        let text = rest
            .split_once("<p>")
            .unwrap()
            .1
            .split_once("</p>")
            .unwrap()
            .0;
        unescape(text)
    }
}

impl Form {
    fn parse(html: &str) -> Self {
        let (head, body) = html.split_once('>').unwrap();
        let inputs = body
            .split("<input")
            .skip(1)
            .map(|input| input.split_once('>').unwrap().0);
        Self {
            method: attribute(head, "method").unwrap_or_default(),
            action: attribute(head, "action").unwrap_or_default(),
            fields: inputs
                .filter_map(|input| {
                    let value = attribute(input, "value").unwrap_or_default();
                    Some((attribute(input, "name")?, value))
                })
                .collect(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split_once('"')?.0))
}

fn unescape(text: &str) -> String {
    let entities = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ];
    entities
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| {
            text.replace(entity, plain)
        })
}

/// The whole device flow of one user: the answer of the token endpoint.
pub(crate) async fn device_login(
    platform: &TestPlatform,
    tenant: &str,
    scope: &str,
    user: &str,
    password: &str,
) -> serde_json::Value {
    let started = platform
        .start_device(tenant, DEVICE_CLIENT, scope)
        .await
        .json();
    let uri = started["verification_uri_complete"].as_str().unwrap();
    let mut browser = Browser::new(platform);
    let path = uri.strip_prefix(platform.identity()).unwrap();
    let page = browser.sign_in(path, user, password).await;
    let page = browser
        .submit(&page.form("/device/confirm").with("decision", "allow"))
        .await;
    assert!(page.html.contains("Access allowed"), "{}", page.html);
    let answer = platform
        .poll(DEVICE_CLIENT, started["device_code"].as_str().unwrap())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// The device flow of `admin` in the system tenant.
pub(crate) async fn admin_login(platform: &TestPlatform, scope: &str) -> serde_json::Value {
    device_login(platform, "octosystem", scope, "admin", ADMIN_PASSWORD).await
}
