//! A server that records requests and plays back prepared answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use url::Url;

/// One request as it arrived.
pub(crate) struct Recorded {
    /// `METHOD path?query`, path and query as sent.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }
}

#[derive(Default)]
struct Tape {
    answers: VecDeque<(u16, String, Option<&'static str>)>,
    requests: Vec<Recorded>,
}

/// A running recorder.
pub(crate) struct Recorder {
    pub(crate) url: Url,
    tape: Arc<Mutex<Tape>>,
}

impl Recorder {
    /// Starts a recorder that gives these answers in turn, then `200` without a body.
    pub(crate) async fn start(answers: &[(u16, &str)]) -> Self {
        let tape = Arc::new(Mutex::new(Tape {
            answers: answers
                .iter()
                .map(|(status, body)| (*status, (*body).to_owned(), None))
                .collect(),
            requests: Vec::new(),
        }));
        let app = Router::new().fallback(record).with_state(tape.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, tape }
    }

    /// Lets one of the answers carry an entity tag.
    pub(crate) fn tag(&self, answer: usize, tag: &'static str) {
        self.tape.lock().unwrap().answers[answer].2 = Some(tag);
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.tape.lock().unwrap().requests)
    }

    /// The lines of all requests so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .map(|request| request.line)
            .collect()
    }

    /// The only request.
    pub(crate) fn only(&self) -> Recorded {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "exactly one request expected");
        requests.remove(0)
    }
}

async fn record(
    State(tape): State<Arc<Mutex<Tape>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut tape = tape.lock().unwrap();
    tape.requests.push(Recorded {
        line: format!("{method} {uri}"),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let (status, body, tag) = tape
        .answers
        .pop_front()
        .unwrap_or((200, String::new(), None));
    let status = StatusCode::from_u16(status).unwrap();
    let mut answer = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(tag) = tag {
        let headers = answer.headers_mut();
        headers.insert(header::ETAG, tag.parse().unwrap());
    }
    answer
}
