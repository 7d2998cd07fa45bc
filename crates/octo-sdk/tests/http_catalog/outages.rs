//! Sources that do not answer, or not well: what was known stays, and nobody waits for long.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use octo_ck::catalog::{Catalog as _, CatalogError};
use octo_sdk::HttpOptions;
use octo_sdk::catalog::HttpCatalogOptions;
use serde_json::Value;

use super::pages::{Pages, Trick};
use super::{ROOT, catalog, id, ids, options, site};

/// A path for a cache file in a folder that does not exist yet.
fn cache_file(folder: &Path) -> PathBuf {
    folder.join("ck-catalog/cache/public-github-catalog-cache.json")
}

fn with_file(pages: &Pages, file: &Path) -> HttpCatalogOptions {
    HttpCatalogOptions {
        cache_file: Some(file.to_owned()),
        ..options(pages)
    }
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Makes the cache file look old.
fn age(file: &Path) {
    let mut document = read(file);
    document["updatedAt"] = "2026-01-01T00:00:00Z".into();
    fs::write(file, document.to_string()).unwrap();
}

#[test]
fn what_was_known_outlives_the_server_and_the_process() {
    let (folder, pages) = site();
    let file = cache_file(folder.path());
    let options = with_file(&pages, &file);
    assert_eq!(ids(&catalog(&options)).len(), 3);
    let document = read(&file);
    assert_eq!(document["version"], "1.0");
    assert_eq!(document["sourceUnreachable"], false);
    let entry = &document["models"]["B.More"];
    assert_eq!(entry["modelId"], "B.More");
    assert_eq!(
        entry["versions"]["2.0.0"],
        serde_json::json!({
            "version": "2.0.0",
            "description": "All about B.More-2.0.0",
            "filePath": "ck-models/v2/b/B.More/2/ck-b.more-2.0.0.json"
        })
    );

    drop(pages);
    let second = catalog(&options);
    assert_eq!(ids(&second).len(), 3);
    assert!(second.outage().is_none(), "nobody has asked yet");
    age(&file);
    let third = catalog(&options);
    let problem = third.refresh(false).unwrap_err();
    assert!(
        matches!(problem, CatalogError::Unreachable { .. }),
        "{problem}"
    );
    assert_eq!((ids(&third).len(), third.outage()), (3, Some(problem)));
    assert_eq!(read(&file)["sourceUnreachable"], true);
    assert_eq!(
        read(&file)["models"]["A"]["versions"]
            .as_object()
            .unwrap()
            .len(),
        2
    );
    let problem = third.load(&id("A-1.2.0")).unwrap_err().to_string();
    assert!(problem.contains("ck-a-1.2.0.json: "), "{problem}");

    let fourth = catalog(&options);
    let problem = fourth.refresh(false).unwrap_err().to_string();
    assert!(problem.contains("did not answer at"), "{problem}");
}

#[test]
fn without_anything_known_the_catalog_is_empty_and_says_why() {
    let (folder, pages) = site();
    let file = cache_file(folder.path());
    let options = with_file(&pages, &file);
    drop(pages);
    let http = std::sync::Arc::new(catalog(&options));
    let catalogs = octo_ck::Catalogs::new([http as std::sync::Arc<dyn octo_ck::catalog::Catalog>]);
    let page = catalogs.list(None, 0, 9);
    assert_eq!((page.total, page.failures.len()), (0, 1));
    let text = page.failures[0].error.to_string();
    assert!(
        text.starts_with("Catalog 'PublicGitHubCatalog' cannot be reached: http://127.0.0.1:"),
        "{text}"
    );
    assert!(matches!(
        catalogs.load(&id("A-1.2.0")).unwrap_err(),
        CatalogError::Unreachable { .. }
    ));
    let missing = catalogs
        .closure(&["A-[1.0,)".parse().unwrap()])
        .unwrap_err();
    assert!(
        missing.to_string().contains("cannot be reached"),
        "{missing}"
    );
    assert_eq!(read(&file)["sourceUnreachable"], true);
}

#[test]
fn passing_trouble_is_tried_again() {
    let (_folder, pages) = site();
    for status in [408, 429, 500, 503] {
        pages.play(ROOT, Trick::Status(status, 2));
        let http = catalog(&options(&pages));
        assert_eq!(ids(&http).len(), 3, "{status}");
        let roots = pages.asked().iter().filter(|path| *path == ROOT).count();
        assert_eq!(roots, 3, "{status}");
    }
    for (status, requests) in [(503, 3), (403, 1)] {
        pages.play(ROOT, Trick::Status(status, 9));
        let http = catalog(&options(&pages));
        let problem = http.refresh(false).unwrap_err().to_string();
        assert!(
            problem.contains(&format!("the answer was {status}")),
            "{problem}"
        );
        assert_eq!(pages.asked().len(), requests);
        // Within a minute the answer is known.
        assert!(ids(&http).is_empty() && http.refresh(false).is_err());
        assert!(pages.asked().is_empty());
    }
    pages.play(ROOT, Trick::Status(200, 0));
    let http = catalog(&options(&pages));
    assert_eq!(ids(&http).len(), 3);
    pages.play("ck-models/v2/a/A/1/ck-a-1.2.0.json", Trick::Status(502, 1));
    assert!(http.load(&id("A-1.2.0")).unwrap().is_some());
}

#[test]
fn silence_ends() {
    let (_folder, pages) = site();
    pages.play(ROOT, Trick::Silence);
    let short = Duration::from_millis(50);
    let impatient = HttpCatalogOptions {
        http: HttpOptions {
            timeout: short,
            ..HttpOptions::default()
        },
        ..options(&pages)
    };
    let problem = catalog(&impatient).refresh(false).unwrap_err();
    let expected = format!(
        "Request to GitHub repository 'PublicGitHubCatalog' at '{}/{ROOT}' timed out.",
        pages.url
    );
    assert_eq!(problem.to_string(), expected);
    assert_eq!(pages.asked().len(), 3);

    let limited = HttpCatalogOptions {
        limit: short,
        ..options(&pages)
    };
    let problem = catalog(&limited).refresh(false).unwrap_err();
    assert!(matches!(problem, CatalogError::Timeout { .. }), "{problem}");
}

#[test]
fn index_documents_that_fail() {
    let (_folder, pages) = site();
    let library = "ck-models/v2/a/A/catalog.json";
    let versions = "ck-models/v2/a/A/1/catalog.json";
    let only_b = ["B.More-2.0.0"];
    pages.play(library, Trick::Status(403, 1));
    assert_eq!(ids(&catalog(&options(&pages))), only_b);
    pages.play(versions, Trick::Status(404, 1));
    assert_eq!(ids(&catalog(&options(&pages))), only_b);

    let http = catalog(&options(&pages));
    assert_eq!(ids(&http).len(), 3);
    pages.play(versions, Trick::Status(403, 1));
    let problem = http.refresh(true).unwrap_err().to_string();
    assert!(
        problem.starts_with(
            "GitHub catalog 'PublicGitHubCatalog' is invalid, because index files are missing."
        ),
        "{problem}"
    );
    assert_eq!(ids(&http).len(), 3, "what was known stays");
    http.refresh(true).unwrap();
    assert!(http.outage().is_none());
}

#[test]
fn models_that_cannot_be_used_are_reported_with_the_address() {
    let (folder, pages) = site();
    let file = |name: &str| folder.path().join("ck-models/v2/a/A/1").join(name);
    let http = catalog(&options(&pages));
    assert_eq!(ids(&http).len(), 3);
    fs::copy(file("ck-a-1.2.0.json"), file("ck-a-1.10.0.json")).unwrap();
    fs::remove_file(file("ck-a-1.2.0.json")).unwrap();
    fs::write(
        folder
            .path()
            .join("ck-models/v2/b/B.More/2/ck-b.more-2.0.0.json"),
        "{",
    )
    .unwrap();
    for (model, file, part) in [
        ("A-1.2.0", "a/A/1/ck-a-1.2.0.json", "it is not there"),
        (
            "A-1.10.0",
            "a/A/1/ck-a-1.10.0.json",
            "holds 'A-1.2.0' instead of 'A-1.10.0'",
        ),
        (
            "B.More-2.0.0",
            "b/B.More/2/ck-b.more-2.0.0.json",
            "not valid YAML or JSON",
        ),
    ] {
        let text = http.load(&id(model)).unwrap_err().to_string();
        let start = format!("Error loading model '{model}' from catalog 'PublicGitHubCatalog'.");
        assert!(text.starts_with(&start) && text.contains(part), "{text}");
        assert!(
            text.contains(&format!("{}/ck-models/v2/{file}", pages.url)),
            "{text}"
        );
    }
}

#[test]
fn cache_files_are_read_with_tolerance() {
    let (folder, pages) = site();
    let file = cache_file(folder.path());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let now = jiff::Timestamp::now();
    let foreign = serde_json::json!({
        "version": "1.0", "updatedAt": now.to_string(), "sourceUnreachable": false, "extra": 1,
        "models": { "Z": { "modelId": "Z", "versions": {
            "1.0.0": { "version": "1.0.0", "description": null, "filePath": "ck-models/v2/z/Z/1/ck-z-1.0.0.json" },
            "2.0.0": { "version": "2.0.0", "filePath": "../../etc/passwd" },
            "x": { "version": "x", "filePath": "ck-models/v2/z/Z/1/y.json" }
        } } }
    });
    fs::write(&file, foreign.to_string()).unwrap();
    let http = catalog(&with_file(&pages, &file));
    assert_eq!(ids(&http), ["Z-1.0.0"]);
    http.refresh(false).unwrap();
    assert!(pages.asked().is_empty(), "the file is fresh");
    http.refresh(true).unwrap();
    assert_eq!(ids(&http).len(), 3);

    for damage in ["", "{", "[1]", "\u{0}"] {
        fs::write(&file, damage).unwrap();
        assert_eq!(
            ids(&catalog(&with_file(&pages, &file))).len(),
            3,
            "{damage}"
        );
        assert_eq!(read(&file)["version"], "1.0", "{damage}");
    }
    // A folder where the file should be: there is no cache then, and no failure.
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("x")).unwrap();
    assert_eq!(ids(&catalog(&with_file(&pages, &file))).len(), 3);
}
