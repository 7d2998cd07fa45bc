//! The published catalog of the shared data behind a web server: all models, closures, a refresh,
//! and a second start after the server is gone.
//!
//! The folder is taken from `OCTO_SHARED`, else from `../shared` beside the workspace. Without it
//! the test is skipped, except under `CI=true`, where it fails.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

#[path = "http_catalog/pages.rs"]
#[allow(dead_code)] // This test needs no tricks.
mod pages;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use octo_ck::catalog::{Catalog, FolderCatalog};
use octo_ck::{Catalogs, CkModelRange};
use octo_sdk::catalog::{HttpCatalog, HttpCatalogOptions};

use pages::Pages;

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("OCTO_SHARED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "shared data not found at {}: set OCTO_SHARED",
        folder.display()
    );
    println!("skipped: no shared data at {}", folder.display());
    None
}

fn alone(catalog: &Arc<HttpCatalog>) -> Catalogs {
    Catalogs::new([catalog.clone() as Arc<dyn Catalog>])
}

#[test]
fn the_published_catalog_is_the_same_behind_http() {
    let Some(shared) = shared() else { return };
    let root = shared.join("catalog");
    let folder = Catalogs::new([Arc::new(FolderCatalog::new("folder", &root)) as Arc<dyn Catalog>]);
    let expected = folder.list(None, 0, usize::MAX);
    assert!(expected.total > 50, "{}", expected.total);

    let pages = Pages::serve(&root);
    let cache = tempfile::tempdir().unwrap();
    let options = HttpCatalogOptions {
        retries: vec![Duration::ZERO],
        cache_file: Some(cache.path().join("public-github-catalog-cache.json")),
        ..HttpCatalogOptions::new(pages.url.clone())
    };
    let http = Arc::new(HttpCatalog::new("http", &options).unwrap());
    let catalogs = alone(&http);
    let ids = |catalogs: &Catalogs| -> Vec<String> {
        let page = catalogs.list(None, 0, usize::MAX);
        page.items
            .iter()
            .map(|item| item.model_id.to_string())
            .collect()
    };
    let expected_ids = ids(&folder);
    assert_eq!(ids(&catalogs), expected_ids);

    // Paging walks over everything once.
    let pages_of_ten = (0..expected.total).step_by(10);
    let walked: Vec<String> = pages_of_ten
        .flat_map(|skip| catalogs.list(None, skip, 10).items)
        .map(|item| item.model_id.to_string())
        .collect();
    assert_eq!(walked, expected_ids);
    let energy = catalogs.list(Some("ENERGY"), 0, 5);
    assert_eq!(energy.total, folder.list(Some("energy"), 0, 5).total);
    assert!(energy.items.len() == 5 && energy.total > 5);

    for name in ["Basic", "Basic.Energy", "System.Communication"] {
        let range: CkModelRange = format!("{name}-[1.0,)").parse().unwrap();
        let closure = |catalogs: &Catalogs| {
            let models = catalogs.closure(std::slice::from_ref(&range)).unwrap();
            models
                .iter()
                .map(|m| m.model_id.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(closure(&catalogs), closure(&folder), "{name}");
    }
    http.refresh(true).unwrap();
    assert_eq!(ids(&catalogs), expected_ids);

    drop(pages);
    let second = Arc::new(HttpCatalog::new("http", &options).unwrap());
    assert_eq!(ids(&alone(&second)), expected_ids);
    assert!(second.refresh(true).is_err());
    let after = alone(&second).list(None, 0, usize::MAX);
    assert_eq!((after.total, after.failures.len()), (expected.total, 1));
}
