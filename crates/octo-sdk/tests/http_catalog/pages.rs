//! A web server that serves a folder, and misbehaves on request.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::runtime::Runtime;
use url::Url;

/// How the server answers a path instead of serving the file.
#[derive(Clone)]
pub(crate) enum Trick {
    /// This status, so many times; then the file.
    Status(u16, usize),
    /// A redirect.
    Redirect(String),
    /// A body of so many bytes.
    Body(usize),
    /// No answer at all.
    Silence,
}

struct Site {
    root: PathBuf,
    tricks: Mutex<HashMap<String, Trick>>,
    asked: Mutex<Vec<String>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// A running server; it stops when it is dropped.
pub(crate) struct Pages {
    pub(crate) url: Url,
    site: Arc<Site>,
    runtime: Option<Runtime>,
}

impl Pages {
    /// Serves a folder below `/pages/`.
    pub(crate) fn serve(root: impl Into<PathBuf>) -> Self {
        let runtime = Runtime::new().unwrap();
        let site = Arc::new(Site {
            root: root.into(),
            tricks: Mutex::default(),
            asked: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let app = Router::new().fallback(answer).with_state(site.clone());
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let url = format!("http://{}/pages", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url: url.parse().unwrap(),
            site,
            runtime: Some(runtime),
        }
    }

    /// From now on answers a path, relative to the folder, in this way.
    pub(crate) fn play(&self, path: &str, trick: Trick) {
        let mut tricks = self.site.tricks.lock().unwrap();
        tricks.insert(path.to_owned(), trick);
    }

    /// The paths asked for since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.site.asked.lock().unwrap())
    }

    /// The most requests under way at one time.
    pub(crate) fn most_open(&self) -> usize {
        self.site.most_open.load(Ordering::SeqCst)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    let open = site.open.fetch_add(1, Ordering::SeqCst) + 1;
    site.most_open.fetch_max(open, Ordering::SeqCst);
    // Others get their turn, so that requests sent together are open together.
    tokio::task::yield_now().await;
    let response = page(&site, uri.path()).await;
    site.open.fetch_sub(1, Ordering::SeqCst);
    response
}

async fn page(site: &Site, path: &str) -> Response {
    let path = path.trim_start_matches("/pages/").to_owned();
    site.asked.lock().unwrap().push(path.clone());
    let trick = {
        let mut tricks = site.tricks.lock().unwrap();
        match tricks.get_mut(&path) {
            Some(Trick::Status(_, 0)) | None => None,
            Some(Trick::Status(status, left)) => {
                *left -= 1;
                Some(Trick::Status(*status, *left))
            }
            Some(other) => Some(other.clone()),
        }
    };
    match trick {
        Some(Trick::Status(status, _)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Trick::Redirect(to)) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Some(Trick::Body(size)) => vec![b' '; size].into_response(),
        Some(Trick::Silence) => std::future::pending().await,
        None => match std::fs::read(site.root.join(&path)) {
            Ok(bytes) => bytes.into_response(),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        },
    }
}
