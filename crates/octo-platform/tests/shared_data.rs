//! Import of real models from the shared data folder, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "rest/platform.rs"]
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod platform;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use platform::{SYSTEM, TestPlatform, zip};

/// The shared folder; a missing one is a failure where everything must be there.
fn shared() -> Option<PathBuf> {
    let beside_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("OCTO_SHARED").map_or(beside_root, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "shared data folder is missing"
    );
    println!("skipped: {} does not exist", folder.display());
    None
}

fn files_below(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

#[tokio::test]
async fn basic_and_a_model_on_top_of_it() {
    let Some(shared) = shared() else { return };
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .assets(SYSTEM, admin.clone())
        .create_tenant("acme", "acme")
        .await
        .unwrap();
    let token = platform.exchange(&admin, "acme").await;
    for model in ["Octo.Sdk.Packages.Basic", "Octo.Sdk.Packages.Basic.Energy"] {
        let archive = zip(&files_below(&shared.join("models").join(model)));
        let job = platform.import("acme", &token, "model.zip", &archive).await;
        assert!(job.is_ok(), "{model}: {}", job.unwrap_err());
    }
    let graph = platform.tenant("acme").await.graph();
    assert!(graph.find_type("Basic/Tree").is_ok());
}
