use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Redirect;
use axum::routing::get;
use futures_util::stream;

use super::*;

fn strict() -> Fetcher {
    Fetcher::new(Vec::new(), None, Limits::default()).unwrap()
}

/// A fetcher that may call one address on this machine, with little time.
fn local(address: SocketAddr) -> Fetcher {
    let host = address.to_string().parse().unwrap();
    let limits = Limits {
        time: Duration::from_millis(1500),
        bytes: 1000,
        ..Limits::default()
    };
    Fetcher::new(vec![host], None, limits).unwrap()
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Documents of all kinds.
async fn documents() -> SocketAddr {
    let typed = |kind: &'static str, body: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind)], body) })
    };
    let endless = || async {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(100)));
        ([(CONTENT_TYPE, "text/plain")], Body::from_stream(chunks))
    };
    let silent = || async {
        let body = Body::from_stream(stream::pending::<Result<String, std::io::Error>>());
        ([(CONTENT_TYPE, "text/plain")], body)
    };
    let hop = |to: &'static str| get(move || async move { Redirect::temporary(to) });
    serve(
        Router::new()
            .route("/text", typed("text/plain", "hello\u{7}\n"))
            .route("/image", typed("image/png", "x"))
            .route(
                "/large",
                get(|| async { ([(CONTENT_TYPE, "text/plain")], "x".repeat(1001)) }),
            )
            .route(
                "/full",
                get(|| async { ([(CONTENT_TYPE, "text/plain")], "x".repeat(1000)) }),
            )
            .route("/endless", get(endless))
            .route("/silent", get(silent))
            .route("/one", hop("text"))
            .route("/two", hop("/one"))
            .route("/three", hop("/two"))
            .route("/four", hop("/three"))
            .route("/loop", hop("/loop"))
            .route("/to-loopback", hop("http://127.0.0.1:1/"))
            .route("/to-metadata", hop("http://169.254.169.254/latest"))
            .route("/to-file", hop("file:///etc/passwd"))
            .route("/to-nothing", get(|| async { StatusCode::FOUND })),
    )
    .await
}

#[tokio::test]
async fn hosts_inside_are_refused_however_they_are_written() {
    let fetcher = strict();
    for address in [
        "https://127.0.0.1/",
        "http://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/",
        "https://0.0.0.0/",
        "https://0/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://127。0。0。1/",
        "https://localhost/",
        "https://localhost:8443/",
    ] {
        let refused = fetcher.text(address).await;
        assert_eq!(refused, Err(FetchError::NotPublic), "{address}");
    }
}

#[tokio::test]
async fn other_schemes_and_passwords_are_refused() {
    let fetcher = strict();
    for (address, expected) in [
        ("http://example.com/", FetchError::Scheme),
        ("ftp://example.com/", FetchError::Scheme),
        ("file://host/etc/passwd", FetchError::Scheme),
        ("file:///etc/passwd", FetchError::Address),
        ("data:text/plain,x", FetchError::Address),
        ("example.com", FetchError::Address),
        ("", FetchError::Address),
        ("https://user@example.com/", FetchError::Credentials),
        ("https://:pass@example.com/", FetchError::Credentials),
    ] {
        assert_eq!(fetcher.text(address).await, Err(expected), "{address}");
    }
}

#[tokio::test]
async fn a_listed_host_is_called_and_its_neighbours_are_not() {
    let address = documents().await;
    let fetcher = local(address);
    let at = |path: &str| format!("http://{address}{path}");
    assert_eq!(fetcher.text(&at("/text")).await.as_deref(), Ok("hello\n"));
    let full = fetcher.text(&at("/full")).await.unwrap();
    assert_eq!(full.len(), 1000);
    let other = documents().await;
    let refused = fetcher.text(&format!("http://{other}/text")).await;
    assert_eq!(refused, Err(FetchError::NotPublic));
    let missing = fetcher.text(&at("/missing")).await.unwrap_err();
    assert_eq!(missing.to_string(), "HTTP 404 Not Found");
    assert_eq!(fetcher.text(&at("/image")).await, Err(FetchError::NotText));
}

#[tokio::test]
async fn redirects_are_counted_and_checked() {
    let address = documents().await;
    let fetcher = local(address);
    for (path, expected) in [
        ("/three", Ok("hello\n".to_owned())),
        ("/four", Err(FetchError::Redirects(3))),
        ("/loop", Err(FetchError::Redirects(3))),
        ("/to-loopback", Err(FetchError::NotPublic)),
        ("/to-metadata", Err(FetchError::NotPublic)),
        ("/to-file", Err(FetchError::Address)),
        ("/to-nothing", Err(FetchError::Redirect)),
    ] {
        let fetched = fetcher.text(&format!("http://{address}{path}")).await;
        assert_eq!(fetched, expected, "{path}");
    }
}

#[tokio::test]
async fn large_endless_and_silent_documents_end() {
    let address = documents().await;
    let fetcher = local(address);
    for (path, expected) in [
        ("/large", FetchError::TooLarge(1000)),
        ("/endless", FetchError::TooLarge(1000)),
        ("/silent", FetchError::TooSlow(Duration::from_millis(1500))),
    ] {
        let fetched = fetcher.text(&format!("http://{address}{path}")).await;
        assert_eq!(fetched, Err(expected), "{path}");
    }
}

#[tokio::test]
async fn services_answer_json_or_refuse() {
    use axum::extract::RawForm;
    use axum::http::{HeaderMap, header::AUTHORIZATION};
    use axum::routing::post;

    async fn echo(headers: HeaderMap, RawForm(form): RawForm) -> axum::Json<serde_json::Value> {
        let authorization = headers[AUTHORIZATION].to_str().unwrap().to_owned();
        let form = String::from_utf8(form.to_vec()).unwrap();
        axum::Json(serde_json::json!({ "form": form, "authorization": authorization }))
    }
    let refusal = || async {
        let body = axum::Json(serde_json::json!({ "error": "no" }));
        (StatusCode::BAD_REQUEST, body)
    };
    let router = Router::new()
        .route("/echo", post(echo))
        .route("/refusal", get(refusal))
        .route("/page", get(|| async { "<p>hello</p>" }))
        .route("/large", get(|| async { "1".repeat(1001) }))
        .route("/hop", get(|| async { Redirect::temporary("/refusal") }));
    let address = serve(router).await;
    let fetcher = local(address);
    let at = |path: &str| Url::parse(&format!("http://{address}{path}")).unwrap();
    let secret = crate::Secret::new("hush");
    let form = [("a", "b c")];
    let echo = at("/echo");
    let answer = fetcher.post_form(&echo, &form, Some(("me", &secret)));
    let answer = answer.await.unwrap();
    assert_eq!(answer.body["form"], "a=b+c");
    assert_eq!(answer.body["authorization"], "Basic bWU6aHVzaA==");
    assert!(!format!("{answer:?}").contains("Basic"));
    let refused = fetcher.json(&at("/refusal"), None).await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.body["error"].as_str()),
        (400, Some("no"))
    );
    for (path, expected) in [
        ("/page", FetchError::NotJson),
        ("/large", FetchError::TooLarge(1000)),
        ("/hop", FetchError::Status(StatusCode::TEMPORARY_REDIRECT)),
        ("/missing", FetchError::Status(StatusCode::NOT_FOUND)),
    ] {
        assert_eq!(
            fetcher.json(&at(path), None).await.unwrap_err(),
            expected,
            "{path}"
        );
    }
    let refused = strict().json(&at("/page"), None).await;
    assert_eq!(refused.unwrap_err(), FetchError::NotPublic);
}
