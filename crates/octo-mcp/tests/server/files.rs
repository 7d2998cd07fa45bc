//! Moving files over HTTP (spec, assets 12).

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::{Client as Http, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success};
use crate::client::Client;
use crate::models::{import, upload};

/// Reserves an upload and returns the answer.
async fn reserve(client: &mut Client, name: &str) -> Value {
    let reserved = client
        .call("prepare_file_upload", json!({"fileName": name}))
        .await;
    assert_success(&reserved);
    reserved
}

fn url(app: &App, direction: &str, id: &str) -> String {
    format!("{}/file-transfer/{direction}/{id}", app.base_url())
}

fn id(reserved: &Value) -> &str {
    reserved["transferId"].as_str().unwrap()
}

/// Sends a request and returns status and JSON body.
async fn send(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap_or_default())
}

/// The access token of a client's sign-in, as another program of the same user would have it.
async fn token(app: &App, user: &str, tenant: &str) -> String {
    crate::tokens::sign_in(app, tenant, user).await
}

#[tokio::test]
async fn a_reservation_tells_where_to_send_the_file() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let reserved = reserve(&mut admin, "model.zip").await;
    let id = id(&reserved);
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let path = format!("/file-transfer/upload/{id}");
    assert_eq!(reserved["uploadUrlPath"], json!(path));
    assert_eq!(
        reserved["uploadUrl"],
        json!(format!("{}{path}", app.base_url()))
    );
    assert!(reserved["message"].as_str().unwrap().contains(&path));
    let expires: jiff::Timestamp = reserved["expiresAtUtc"].as_str().unwrap().parse().unwrap();
    let minutes = (expires - jiff::Timestamp::now()).total(jiff::Unit::Minute);
    assert!((29.0..=30.0).contains(&minutes.unwrap()), "{expires}");

    let put = Http::new().put(url(&app, "upload", id)).body("content");
    let answer = json!({"transferId": id, "sizeBytes": 7});
    assert_eq!(send(put).await, (StatusCode::OK, answer));
    let empty = reserve(&mut admin, "empty.json").await;
    let put = Http::new().put(url(&app, "upload", self::id(&empty)));
    assert_eq!(send(put).await.1["sizeBytes"], json!(0));
    let blank = admin
        .call("prepare_file_upload", json!({"fileName": " "}))
        .await;
    assert_failure(&blank, "fileName is required.");
    let anonymous = app.client().await;
    let mut anonymous = anonymous;
    let answer = anonymous
        .call("prepare_file_upload", json!({"fileName": "x"}))
        .await;
    assert_failure(&answer, "Not authenticated");
}

#[tokio::test]
async fn a_transfer_receives_one_file_and_unknown_ones_none() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let unknown = json!({"error": "Unknown or expired transferId."});
    let done = upload(&app, &mut admin, "a.json", "first").await;
    for id in [
        done.as_str(),
        "0123456789abcdef0123456789abcdef",
        "x",
        "%00",
    ] {
        let put = Http::new().put(url(&app, "upload", id)).body("second");
        assert_eq!(
            send(put).await,
            (StatusCode::NOT_FOUND, unknown.clone()),
            "{id}"
        );
    }
    let get = Http::new().get(url(&app, "download", &done));
    assert_eq!(get.send().await.unwrap().text().await.unwrap(), "first");
    let reserved = reserve(&mut admin, "b.json").await;
    for id in [id(&reserved), "0123456789abcdef0123456789abcdef"] {
        let get = Http::new().get(url(&app, "download", id));
        assert_eq!(send(get).await, (StatusCode::NOT_FOUND, unknown.clone()));
    }
}

#[tokio::test]
async fn downloads_can_be_resumed() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let name = "../../etc/Bücher \"1\".json";
    let done = upload(&app, &mut admin, name, "0123456789").await;
    let get = || Http::new().get(url(&app, "download", &done));
    let whole = get().send().await.unwrap();
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert_eq!(whole.headers()["content-type"], "application/octet-stream");
    assert_eq!(whole.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        whole.headers()["content-disposition"],
        "attachment; filename=\"B_cher _1_.json\"; filename*=UTF-8''B%C3%BCcher%20%221%22.json"
    );
    assert_eq!(whole.text().await.unwrap(), "0123456789");
    for (range, part, text) in [
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
    ] {
        let response = get().header("Range", range).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(response.headers()["content-range"], part);
        assert_eq!(response.text().await.unwrap(), text);
    }
    let beyond = get().header("Range", "bytes=10-").send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], "bytes */10");
    let head = Http::new().head(url(&app, "download", &done));
    let head = head.send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["content-length"], "10");
}

#[tokio::test]
async fn other_methods_and_paths_are_not_there() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let reserved = reserve(&mut admin, "a.json").await;
    let http = Http::new();
    for (direction, allowed) in [("upload", "PUT"), ("download", "GET,HEAD")] {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"] {
            if allowed.split(',').any(|other| other == method) {
                continue;
            }
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let request = http.request(verb, url(&app, direction, id(&reserved)));
            let status = request.send().await.unwrap().status();
            assert_eq!(
                status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {direction}"
            );
        }
    }
    for path in [
        "/file-transfer",
        "/file-transfer/upload/",
        "/file-transfer/upload/a/b",
    ] {
        let request = http.put(format!("{}{path}", app.base_url()));
        let status = request.send().await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_bearer_uses_only_its_own_transfers() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    app.user_of(&mut admin, "acme", "bob").await;
    let foreign = token(&app, "bob", "acme").await;
    let own = token(&app, "admin", "octosystem").await;
    let reserved = reserve(&mut admin, "a.json").await;
    let put = |bearer: &str| {
        let put = Http::new().put(url(&app, "upload", id(&reserved)));
        put.bearer_auth(bearer).body("content")
    };
    assert_eq!(send(put(&foreign)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(send(put("nonsense")).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(send(put(&own)).await.0, StatusCode::OK);
    let get = |bearer: &str| {
        let get = Http::new().get(url(&app, "download", id(&reserved)));
        get.bearer_auth(bearer)
    };
    assert_eq!(send(get(&foreign)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(send(get("a.b.c")).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(send(get(&own)).await.0, StatusCode::OK);
    let evil = get(&own).header("Origin", "https://evil.example");
    assert_eq!(send(evil).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_the_owner_cancels_or_uses_a_transfer() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let done = upload(&app, &mut admin, "a.json", "content").await;
    let cancel = json!({"transferId": done});
    // Whether there is such a transfer is not told.
    assert_success(&bob.call("cancel_file_transfer", cancel.clone()).await);
    let get = || Http::new().get(url(&app, "download", &done));
    assert_eq!(send(get()).await.0, StatusCode::OK);
    let theirs = import(&mut bob, "acme", &done).await;
    assert_failure(&theirs, &format!("Upload '{done}' not found or expired."));

    let cancelled = admin.call("cancel_file_transfer", cancel.clone()).await;
    assert_success(&cancelled);
    let text = format!("Transfer '{done}' cancelled.");
    assert_eq!(cancelled["message"], json!(text));
    assert_eq!(send(get()).await.0, StatusCode::NOT_FOUND);
    assert_success(&admin.call("cancel_file_transfer", cancel).await);
    let mut nobody = app.client().await;
    let anonymous = nobody
        .call("cancel_file_transfer", json!({"transferId": done}))
        .await;
    assert_failure(&anonymous, "Not authenticated");
    let not_uploaded = reserve(&mut admin, "a.json").await;
    let answer = import(&mut admin, "acme", id(&not_uploaded)).await;
    assert_failure(&answer, "not found or expired");
}

#[tokio::test]
async fn open_transfers_are_limited_per_user() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let first = reserve(&mut admin, "a.json").await;
    for _ in 1..32 {
        reserve(&mut admin, "a.json").await;
    }
    let name = json!({"fileName": "a.json"});
    let refused = admin.call("prepare_file_upload", name.clone()).await;
    assert_failure(&refused, "cancel_file_transfer");
    let cancel = json!({"transferId": id(&first)});
    assert_success(&admin.call("cancel_file_transfer", cancel).await);
    assert_success(&admin.call("prepare_file_upload", name).await);
}

/// Sends the head of an upload and so many bytes of its body; returns what the server answers.
fn upload_partly(app: &App, id: &str, declared: u64, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.socket()).unwrap();
    let head = format!(
        "PUT /file-transfer/upload/{id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {declared}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    // The server may close the connection with unread bytes.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_declares_too_much_is_refused_before_it_is_sent() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let reserved = reserve(&mut admin, "a.json").await;
    let six_gib = 6 * 1024 * 1024 * 1024;
    let answer = upload_partly(&app, id(&reserved), six_gib, b"");
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("Upload exceeded 5,368,709,120 byte cap."),
        "{answer}"
    );
    // The reservation stays.
    let put = Http::new().put(url(&app, "upload", id(&reserved)));
    assert_eq!(send(put.body("small")).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_breaks_off_can_be_repeated() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let reserved = reserve(&mut admin, "a.json").await;
    upload_partly(&app, id(&reserved), 1_000, b"only some");
    let get = Http::new().get(url(&app, "download", id(&reserved)));
    assert_eq!(send(get).await.0, StatusCode::NOT_FOUND);
    let put = Http::new().put(url(&app, "upload", id(&reserved)));
    let (status, answer) = send(put.body("all of it")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["sizeBytes"], json!(9));
}
