//! Catalogs behind HTTP: real requests to a server that serves a published folder.
//!
//! Here: what a catalog answers; `outages` holds what happens when its source does not.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

mod outages;
mod pages;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use octo_ck::catalog::{Catalog, CatalogError, FolderCatalog, ModelSet};
use octo_ck::{Catalogs, CkModelId, CkModelRange, CompiledModel};
use octo_sdk::HttpOptions;
use octo_sdk::catalog::{HttpCatalog, HttpCatalogError, HttpCatalogOptions};

use pages::{Pages, Trick};

const ROOT: &str = "ck-models/v2/catalog.json";

fn id(text: &str) -> CkModelId {
    text.parse().unwrap()
}

fn model(id: &str, dependencies: &[&str]) -> CompiledModel {
    CompiledModel {
        dependencies: dependencies.iter().map(|d| d.parse().unwrap()).collect(),
        description: Some(format!("All about {id}")),
        ..CompiledModel::empty(id.parse().unwrap())
    }
}

/// Publishes models into a folder, each with its dependencies before it.
fn publish(root: &Path, models: &[CompiledModel]) {
    let folder = FolderCatalog::new("source", root);
    for model in models {
        folder.publish(model, false).unwrap();
    }
}

/// A folder with three models, and a server for it.
fn site() -> (tempfile::TempDir, Pages) {
    let folder = tempfile::tempdir().unwrap();
    let models = [
        model("A-1.2.0", &[]),
        model("A-1.10.0", &[]),
        model("B.More-2.0.0", &["A-1.2.0"]),
    ];
    publish(folder.path(), &models);
    let pages = Pages::serve(folder.path());
    (folder, pages)
}

/// The published rules, without their pauses.
fn options(pages: &Pages) -> HttpCatalogOptions {
    HttpCatalogOptions {
        retries: vec![Duration::ZERO; 2],
        file_pause: Duration::ZERO,
        http: HttpOptions {
            timeout: Duration::from_secs(5),
            ..HttpOptions::default()
        },
        ..HttpCatalogOptions::new(pages.url.clone())
    }
}

fn catalog(options: &HttpCatalogOptions) -> HttpCatalog {
    HttpCatalog::new("PublicGitHubCatalog", options).unwrap()
}

fn ids(catalog: &dyn Catalog) -> Vec<String> {
    let items = catalog.list().unwrap();
    items.iter().map(|item| item.model_id.to_string()).collect()
}

#[test]
fn models_are_listed_found_and_loaded() {
    let (_folder, pages) = site();
    let http = Arc::new(catalog(&options(&pages)));
    let catalogs = Catalogs::new([http.clone() as Arc<dyn Catalog>]);
    assert!(pages.asked().is_empty(), "nothing before somebody asks");

    let page = catalogs.list(Some("ABOUT b"), 0, 9);
    assert_eq!((page.total, page.failures.len()), (1, 0));
    assert_eq!(page.items[0].model_id, id("B.More-2.0.0"));
    assert_eq!(&*page.items[0].catalog_name, "PublicGitHubCatalog");
    let range: CkModelRange = "A-[1.0,2.0)".parse().unwrap();
    assert_eq!(catalogs.best(&range), Some(id("A-1.10.0")));
    let page = catalogs.list(None, 1, 1);
    assert_eq!((page.total, page.skipped), (3, 1));
    assert_eq!(page.items[0].model_id, id("A-1.10.0"));
    let mut asked = pages.asked();
    asked.sort();
    assert_eq!(
        asked,
        [
            "ck-models/v2/a/A/1/catalog.json",
            "ck-models/v2/a/A/catalog.json",
            "ck-models/v2/b/B.More/2/catalog.json",
            "ck-models/v2/b/B.More/catalog.json",
            ROOT,
        ],
        "each document once"
    );

    let found = catalogs.load(&id("A-1.2.0")).unwrap();
    assert_eq!(found.description.as_deref(), Some("All about A-1.2.0"));
    assert_eq!(pages.asked(), ["ck-models/v2/a/A/1/ck-a-1.2.0.json"]);
    assert_eq!(
        catalogs.load(&id("A-3")).unwrap_err().to_string(),
        "Model 'A-3.0.0' not found in one of the registered catalogs."
    );
    assert!(pages.asked().is_empty());
}

#[test]
fn dependencies_come_from_several_catalogs_in_order() {
    let (_folder, pages) = site();
    let own = ModelSet::new(
        "first",
        vec![
            Arc::new(model("C-1.0.0", &["B.More-2.0.0", "A-1.2.0"])),
            Arc::new(model("A-1.2.0", &[])),
        ],
    );
    let members: [Arc<dyn Catalog>; 2] = [Arc::new(own), Arc::new(catalog(&options(&pages)))];
    let catalogs = Catalogs::new(members);
    let models = catalogs.closure(&["C-[1.0,2.0)".parse().unwrap()]).unwrap();
    let ids: Vec<_> = models.iter().map(|m| m.model_id.to_string()).collect();
    assert_eq!(ids, ["C-1.0.0", "B.More-2.0.0", "A-1.2.0"]);
    let asked = pages.asked();
    assert!(
        !asked.iter().any(|path| path.contains("ck-a-")),
        "the first catalog has it: {asked:?}"
    );
}

#[test]
fn a_refresh_shows_what_was_published_since() {
    let (folder, pages) = site();
    let http = catalog(&options(&pages));
    assert_eq!(ids(&http).len(), 3);
    publish(folder.path(), &[model("A-1.11.0", &[])]);
    pages.asked();
    http.refresh(false).unwrap();
    assert!(pages.asked().is_empty(), "younger than a minute");
    http.refresh(true).unwrap();
    assert_eq!(
        ids(&http),
        ["A-1.2.0", "A-1.10.0", "A-1.11.0", "B.More-2.0.0"]
    );
}

#[test]
fn a_site_without_a_root_index_is_an_empty_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let pages = Pages::serve(folder.path());
    let http = catalog(&options(&pages));
    assert!(ids(&http).is_empty() && http.outage().is_none());
    assert_eq!(pages.asked(), [ROOT]);
}

#[test]
fn redirects_stay_on_the_host() {
    let (_folder, pages) = site();
    let moved = pages.url.join("/pages/moved.json").unwrap();
    std::fs::copy(_folder.path().join(ROOT), _folder.path().join("moved.json")).unwrap();
    pages.play(ROOT, Trick::Redirect(moved.to_string()));
    assert_eq!(ids(&catalog(&options(&pages))).len(), 3);

    let elsewhere = moved.as_str().replace("127.0.0.1", "localhost");
    pages.play(ROOT, Trick::Redirect(elsewhere));
    let http = catalog(&options(&pages));
    let problem = http.refresh(false).unwrap_err().to_string();
    assert!(problem.contains("leads to another host"), "{problem}");
    assert!(ids(&http).is_empty());
}

#[test]
fn paths_and_sizes_are_bounded() {
    let (folder, pages) = site();
    let bad = r#"{"models":[{"modelName":"X","catalogPath":"ck-models/v2/../../secret.json"}]}"#;
    std::fs::write(folder.path().join(ROOT), bad).unwrap();
    let http = catalog(&options(&pages));
    let problem = http.refresh(false).unwrap_err();
    assert!(matches!(problem, CatalogError::Index { .. }), "{problem}");
    assert_eq!(pages.asked(), [ROOT]);

    pages.play(ROOT, Trick::Body(9 * 1024 * 1024));
    let problem = http.refresh(true).unwrap_err().to_string();
    assert!(problem.contains("larger than 8 MiB"), "{problem}");
    assert_eq!(pages.asked(), [ROOT], "asking again would not help");
}

#[test]
fn few_requests_are_open_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let names = (b'A'..=b'T').map(|letter| format!("{}-1.0.0", letter as char));
    let models: Vec<_> = names.map(|name| model(&name, &[])).collect();
    publish(folder.path(), &models);
    let pages = Pages::serve(folder.path());
    let http = catalog(&HttpCatalogOptions {
        concurrency: 3,
        ..options(&pages)
    });
    assert_eq!(ids(&http).len(), 20);
    assert!(
        (1..=3).contains(&pages.most_open()),
        "{}",
        pages.most_open()
    );
}

#[test]
fn a_catalog_may_be_used_and_dropped_inside_of_a_runtime() {
    let (_folder, pages) = site();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = options(&pages);
    runtime.block_on(async move {
        let http = catalog(&options);
        assert_eq!(ids(&http).len(), 3);
    });
}

#[test]
fn only_web_addresses() {
    let options = HttpCatalogOptions::new("ftp://example.com/".parse().unwrap());
    let problem = HttpCatalog::new("x", &options).unwrap_err();
    assert!(matches!(problem, HttpCatalogError::Address(_)), "{problem}");
}
