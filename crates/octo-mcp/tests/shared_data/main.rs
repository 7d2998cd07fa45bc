//! Against data that is not part of this repository: the contract of the tools, and real models.
//!
//! The folder is `OCTO_SHARED`, else `shared` beside the workspace. Without it the tests say that
//! they were skipped, and fail where everything must be there (`CI=true`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![expect(unreachable_pub, reason = "modules of one test binary")]

use std::path::{Path, PathBuf};

#[path = "../server/app.rs"]
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod app;
mod basic;
#[path = "../server/browser.rs"]
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod browser;
#[path = "../server/client.rs"]
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod client;
mod contract;

/// A file or folder of the shared data.
fn shared(path: &str) -> Option<PathBuf> {
    let beside_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("OCTO_SHARED").map_or(beside_root, PathBuf::from);
    let found = folder.join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{path} is missing in the shared data"
    );
    println!("skipped: {} does not exist", found.display());
    None
}
