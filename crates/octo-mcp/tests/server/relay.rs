//! An address in front of the identity service that counts what passes and can answer in its place.
//!
//! It is the authority the server is configured with, so everything the server and browsers send to
//! the identity service goes through it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::app::App;

const TOKEN: &str = "/connect/token";

/// What happens to a request for a token.
enum Answer {
    /// It is answered here.
    Instead(u16, String),
    /// It is passed on, and this member is taken out of the answer.
    Without(&'static str),
}

#[derive(Default)]
struct Tape {
    upstream: String,
    forms: Vec<String>,
    requests: usize,
    answers: VecDeque<Answer>,
}

/// A running relay.
pub struct Relay(Arc<Mutex<Tape>>);

impl Relay {
    /// A server whose authority is a relay.
    pub async fn start() -> (App, Self) {
        let tape = Arc::new(Mutex::new(Tape::default()));
        let router = Router::new().fallback(pass).with_state(tape.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        tape.lock().unwrap().upstream = format!("http://127.0.0.1:{port}");
        let app = App::start_with(|config| {
            config.embedded.identityport = port;
            config.mcp.authorityurl = Some(authority.parse().unwrap());
        })
        .await;
        (app, Self(tape))
    }

    /// The next request for a token is answered with this.
    pub fn answer(&self, status: u16, body: &str) {
        let answer = Answer::Instead(status, body.to_owned());
        self.0.lock().unwrap().answers.push_back(answer);
    }

    /// The answer to the next request for a token lacks this member.
    pub fn take_out(&self, member: &'static str) {
        let answer = Answer::Without(member);
        self.0.lock().unwrap().answers.push_back(answer);
    }

    /// How many requests have come so far.
    pub fn requests(&self) -> usize {
        self.0.lock().unwrap().requests
    }

    /// The forms of all requests for a token with this grant so far.
    pub fn grants(&self, grant: &str) -> Vec<String> {
        let tape = self.0.lock().unwrap();
        let wanted = format!("grant_type={grant}");
        let forms = tape.forms.iter().filter(|form| form.contains(&wanted));
        forms.cloned().collect()
    }
}

async fn pass(
    State(tape): State<Arc<Mutex<Tape>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (upstream, answer) = {
        let mut tape = tape.lock().unwrap();
        let mut answer = None;
        tape.requests += 1;
        if uri.path() == TOKEN {
            tape.forms.push(String::from_utf8_lossy(&body).into_owned());
            answer = tape.answers.pop_front();
        }
        (tape.upstream.clone(), answer)
    };
    match answer {
        Some(Answer::Instead(status, body)) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Some(Answer::Without(member)) => {
            let (status, headers, bytes) = forward(&upstream, method, &uri, headers, body).await;
            let mut document: Value = serde_json::from_slice(&bytes).unwrap();
            document.as_object_mut().unwrap().remove(member);
            (status, headers, document.to_string()).into_response()
        }
        None => forward(&upstream, method, &uri, headers, body)
            .await
            .into_response(),
    }
}

async fn forward(
    upstream: &str,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, Bytes) {
    let none = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(none).build().unwrap();
    let answer = client
        .request(method, format!("{upstream}{uri}"))
        .headers(headers)
        .body(body);
    let answer = answer.send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    (status, headers, answer.bytes().await.unwrap())
}
