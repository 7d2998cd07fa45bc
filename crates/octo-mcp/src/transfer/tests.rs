use futures_util::stream;

use super::*;
use crate::auth::Claims;

fn principal(sub: &str) -> Principal {
    let claims = Claims {
        sub: Some(sub.to_owned()),
        ..Claims::default()
    };
    claims.principal().unwrap()
}

fn store() -> (tempfile::TempDir, TransferStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = TransferStore::open(folder.path().join("transfers")).unwrap();
    (folder, store)
}

fn body(chunks: &[&'static str]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Unpin {
    stream::iter(
        chunks
            .iter()
            .map(|c| Ok(Bytes::from_static(c.as_bytes())))
            .collect::<Vec<_>>(),
    )
}

#[tokio::test]
async fn an_upload_completes_once_and_belongs_to_its_owner() {
    let (_folder, store) = store();
    let (bob, eve) = (principal("bob"), principal("eve"));
    let id = store
        .reserve(bob.clone(), "../../etc/model.zip")
        .unwrap()
        .id;
    assert!(matches!(
        store.complete(&id, &bob),
        Err(TransferError::Unknown)
    ));
    assert!(matches!(
        store.receive(&id, Some(&eve), None, body(&["x"])).await,
        Err(TransferError::Unknown)
    ));
    assert_eq!(
        store
            .receive(&id, None, None, body(&["ab", "c"]))
            .await
            .unwrap(),
        3
    );
    assert!(matches!(
        store.receive(&id, None, None, body(&["x"])).await,
        Err(TransferError::Unknown)
    ));
    assert!(matches!(
        store.complete(&id, &eve),
        Err(TransferError::Unknown)
    ));
    let transfer = store.complete(&id, &bob).unwrap();
    assert_eq!(transfer.file_name, "model.zip");
    assert_eq!(std::fs::read(&transfer.path).unwrap(), b"abc");
    store.cancel(&id, &eve);
    assert!(store.complete(&id, &bob).is_ok());
    store.cancel(&id, &bob);
    assert!(store.complete(&id, &bob).is_err() && !transfer.path.exists());
}

#[tokio::test]
async fn a_broken_upload_can_be_repeated() {
    let (_folder, store) = store();
    let bob = principal("bob");
    let transfer = store.reserve(bob.clone(), "a").unwrap();
    let broken = stream::iter([
        Ok(Bytes::from_static(b"half")),
        Err(std::io::Error::other("connection reset")),
    ]);
    assert!(matches!(
        store.receive(&transfer.id, None, None, broken).await,
        Err(TransferError::Cancelled)
    ));
    assert!(!transfer.path.exists());
    assert_eq!(
        store
            .receive(&transfer.id, None, None, body(&["all"]))
            .await
            .unwrap(),
        3
    );
}

#[test]
fn transfers_are_bounded_per_owner() {
    let (_folder, store) = store();
    for _ in 0..MAX_PER_OWNER {
        store.reserve(principal("bob"), "a").unwrap();
    }
    assert!(matches!(
        store.reserve(principal("bob"), "a"),
        Err(TransferError::TooMany)
    ));
    assert!(store.reserve(principal("eve"), "a").is_ok());
}

#[tokio::test]
async fn expired_transfers_and_their_files_go() {
    let (_folder, store) = store();
    let bob = principal("bob");
    let transfer = store.reserve(bob.clone(), "a").unwrap();
    store
        .receive(&transfer.id, None, None, body(&["x"]))
        .await
        .unwrap();
    store.lock().get_mut(&transfer.id).unwrap().transfer.expires = Timestamp::now();
    store.sweep();
    assert!(store.complete(&transfer.id, &bob).is_err() && !transfer.path.exists());
}

#[test]
fn names_lose_their_folders() {
    for (given, kept) in [
        ("a/b.zip", "b.zip"),
        ("c:\\x\\y.json", "y.json"),
        ("..", "file"),
        ("\u{1}", "file"),
    ] {
        assert_eq!(base_name(given), kept);
    }
}
