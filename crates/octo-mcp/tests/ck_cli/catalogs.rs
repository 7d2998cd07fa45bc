//! Catalogs behind an address, publishing, and remarks.

use std::fs;
use std::path::Path;

use tower_http::services::ServeDir;

use super::{HEADER, Output, TYPES, ck, demo, write};

/// A web server for a folder; it stops when it is dropped.
struct Pages {
    url: String,
    _runtime: tokio::runtime::Runtime,
}

fn serve(folder: &Path) -> Pages {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback_service(ServeDir::new(folder));
    runtime.spawn(async move { axum::serve(listener, app).await });
    Pages {
        url,
        _runtime: runtime,
    }
}

/// A folder with `demo`, and `more`, which depends on it.
fn folders() -> tempfile::TempDir {
    let folder = demo();
    let header = "modelId: More-1.0.0\ndependencies: [ 'Demo-[1.0,2.0)' ]\n";
    let types = TYPES
        .replace("Device", "Part")
        .replace("${System}/Entity", "${Demo}/Device");
    write(
        folder.path(),
        &[("more/ckModel.yaml", header), ("more/types/a.yaml", &types)],
    );
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    ck(folder, arguments)
}

#[test]
fn published_models_are_found_behind_an_address() {
    let folder = folders();
    let path = folder.path();
    let published = run(path, &["publish", "demo", "--to", "site"]);
    assert!(published.is_success, "{}", published.stderr);
    assert_eq!(published.stdout, "site: Demo-1.2.0\n");
    let again = run(path, &["publish", "demo", "--to", "site"]);
    assert!(!again.is_success);
    assert_eq!(
        again.stderr,
        "Model 'Demo-1.2.0' already exists in catalog 'site'.\n"
    );
    assert!(run(path, &["publish", "demo", "--to", "site", "--force"]).is_success);

    let pages = serve(&path.join("site"));
    let url = pages.url.clone();
    let from = ["--catalog", url.as_str(), "--catalog-cache", "cache"];
    let with = |command: &[&str]| run(path, &[command, from.as_slice()].concat());
    let checked = with(&["check", "more"]);
    assert_eq!(
        checked.stdout, "more: More-1.0.0 compiles\n",
        "{}",
        checked.stderr
    );
    let compiled = with(&["compile", "more", "--out", "more.json"]);
    assert!(compiled.is_success, "{}", compiled.stderr);
    let drawn = with(&["graph", "--model", "Demo"]);
    assert!(drawn.stdout.contains("`Demo/Device`"), "{}", drawn.stderr);
    let compared = with(&["diff", "demo"]);
    assert_eq!(compared.stdout, "Demo-1.2.0 -> Demo-1.2.0: no changes\n");
    assert_eq!(fs::read_dir(path.join("cache")).unwrap().count(), 1);

    // Without the server the index is still known, for a minute without asking.
    drop(pages);
    let offline = with(&["check", "demo"]);
    assert_eq!((offline.is_success, offline.stderr.as_str()), (true, ""));
}

#[test]
fn versions_that_do_not_fit_are_not_published() {
    let folder = folders();
    let path = folder.path();
    let with = |arguments: &[&str]| run(path, arguments);
    assert!(with(&["publish", "demo", "--to", "site"]).is_success);
    let renamed = TYPES.replace("Device", "Thing");
    let header = HEADER.replace("1.2.0", "1.2.1");
    write(
        path,
        &[
            ("demo/types/a.yaml", &renamed),
            ("demo/ckModel.yaml", &header),
        ],
    );
    let refused = with(&["publish", "demo", "--to", "site"]);
    assert!(
        !refused.is_success && refused.stderr.contains("OCTO-CK100: "),
        "{}",
        refused.stderr
    );
    let compared = with(&["diff", "demo", "--catalog", "site"]);
    assert!(
        compared.stdout.contains("OCTO-CK100: ") && compared.stdout.contains("OCTO-CK104: "),
        "{}",
        compared.stdout
    );
    assert!(with(&["publish", "demo", "--to", "site", "--force"]).is_success);

    let lost = with(&["diff", "more"]);
    assert!(
        !lost.is_success && lost.stderr.contains("OCTO-CK103: "),
        "{}",
        lost.stderr
    );
    let broken = with(&["publish", "more", "--to", "other"]);
    assert!(
        !broken.is_success && broken.stderr.contains("FatalError 1 "),
        "{}",
        broken.stderr
    );
    assert!(!path.join("other").exists());
}

#[test]
fn an_address_that_does_not_answer_is_said_once_and_does_not_stop_the_work() {
    let folder = demo();
    let pages = serve(folder.path());
    let url = pages.url.clone();
    drop(pages);
    // The cache says that the address was asked just now, so that this test does not wait.
    let cache = folder.path().join("cache");
    fs::create_dir_all(&cache).unwrap();
    let known = format!(
        r#"{{"version":"1.0","updatedAt":"{}","sourceUnreachable":true,"models":{{}}}}"#,
        jiff::Timestamp::now()
    );
    let name: String = url
        .trim_end_matches('/')
        .bytes()
        .map(|b| match b.is_ascii_alphanumeric() {
            true => (b as char).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect();
    fs::write(cache.join(format!("{name}.json")), known).unwrap();
    let output = ck(
        folder.path(),
        &[
            "check",
            "demo",
            "--catalog",
            &url,
            "--catalog-cache",
            "cache",
        ],
    );
    assert!(output.is_success, "{}", output.stderr);
    assert!(
        output
            .stderr
            .starts_with(&format!("Catalog '{url}' cannot be reached: ")),
        "{}",
        output.stderr
    );
}

#[test]
fn remarks_are_made_on_request() {
    let folder = demo();
    let attributes = "attributes: [ { id: Serial, valueType: String } ]";
    write(folder.path(), &[("demo/attributes/a.yaml", attributes)]);
    let plain = ck(folder.path(), &["check", "demo"]);
    assert_eq!(plain.stdout, "demo: Demo-1.2.0 compiles\n");
    let remarks = ck(folder.path(), &["check", "demo", "--lint"]);
    assert!(remarks.is_success);
    assert!(
        remarks
            .stdout
            .starts_with("OCTO-CK001 attributes/a.yaml:1: "),
        "{}",
        remarks.stdout
    );
}
