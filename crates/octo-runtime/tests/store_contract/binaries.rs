//! Files come back as they went, whole or not at all.

use std::io::Read;

use octo_runtime::store::{EntityPatch, StoredBinary, transact};
use octo_runtime::{RtId, RtState, StoreError};

use crate::samples::{Store, graph, insert, tool};

fn binary(owner: Option<RtId>, size: u64) -> StoredBinary {
    StoredBinary {
        id: RtId::generate(),
        owner,
        content_type: "text/plain".to_owned(),
        filename: "a \u{1F600}.txt".to_owned(),
        size,
    }
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}

async fn put(store: &Store, binary: &StoredBinary, content: Vec<u8>) -> Result<(), StoreError> {
    let binary = binary.clone();
    transact(store.as_ref(), graph(), move |transaction| {
        transaction.put_binary(&binary, &mut &content[..])
    })
    .await
}

async fn read(store: &Store, id: RtId, from: u64) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(part) = store
        .binary_part(id, from + all.len() as u64)
        .await
        .unwrap()
    {
        assert!(!part.is_empty() && part.len() <= 1024 * 1024);
        all.extend(part);
    }
    all
}

pub(crate) async fn files_of_every_size_survive(store: Store) {
    for size in [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3_000_000] {
        let binary = binary(None, size as u64);
        put(&store, &binary, content(size)).await.unwrap();
        assert_eq!(store.binary(binary.id).await.unwrap(), Some(binary.clone()));
        assert!(read(&store, binary.id, 0).await == content(size), "{size}");
        for from in [1, 256 * 1024, size / 2, size] {
            let rest = content(size).split_off(from.min(size));
            assert!(read(&store, binary.id, from as u64).await == rest, "{size}");
        }
        assert_eq!(store.binary_part(binary.id, u64::MAX).await.unwrap(), None);
    }
    let missing = RtId::generate();
    assert_eq!(store.binary(missing).await.unwrap(), None);
    assert_eq!(store.binary_part(missing, 0).await.unwrap(), None);
}

/// Hands out a little at a time, and fails at the end when it shall.
struct Trickle {
    left: usize,
    breaks: bool,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 && self.breaks {
            return Err(std::io::Error::other("torn"));
        }
        let length = buffer.len().min(self.left).min(7_001);
        buffer[..length].fill(9);
        self.left -= length;
        Ok(length)
    }
}

pub(crate) async fn files_are_stored_whole_or_not_at_all(store: Store) {
    for (left, size, breaks) in [
        (600_000, 600_001, false),
        (600_001, 600_000, false),
        (600_000, 600_001, true),
        (0, 1, false),
        (1, 0, false),
    ] {
        let binary = binary(None, size);
        let wanted = binary.clone();
        let result = transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
            transaction.put_binary(&wanted, &mut Trickle { left, breaks })
        });
        assert!(result.await.is_err(), "{left} of {size}");
        assert_eq!(store.binary(binary.id).await.unwrap(), None);
        assert_eq!(store.binary_part(binary.id, 0).await.unwrap(), None);
    }
    let whole = binary(None, 600_000);
    let wanted = whole.clone();
    transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
        let mut content = Trickle {
            left: 600_000,
            breaks: false,
        };
        transaction.put_binary(&wanted, &mut content)
    })
    .await
    .unwrap();
    assert_eq!(read(&store, whole.id, 0).await, vec![9; 600_000]);
    assert!(
        put(&store, &whole, content(600_000)).await.is_err(),
        "the id is taken"
    );
    assert_eq!(read(&store, whole.id, 0).await, vec![9; 600_000]);
    let orphan = binary(Some(RtId::generate()), 1);
    assert!(
        put(&store, &orphan, content(1)).await.is_err(),
        "no such owner"
    );
}

pub(crate) async fn files_go_with_the_entity_they_belong_to(store: Store) {
    let (owner, other) = (tool("a"), tool("b"));
    insert(&store, &graph(), &[owner.clone(), other.clone()]).await;
    let files = [
        binary(Some(owner.rt_id), 300_000),
        binary(Some(other.rt_id), 5),
        binary(None, 5),
    ];
    for file in &files {
        let content = content(usize::try_from(file.size).unwrap());
        put(&store, file, content).await.unwrap();
    }
    let [mine, theirs, free] = files.map(|file| file.id);
    let id = owner.rt_id;
    // Archiving, moving and changing an entity leave its files alone.
    transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
        let mut patch = EntityPatch::touch(id, 1, owner.changed);
        patch.state = Some((RtState::Archived, Some(owner.changed)));
        transaction.patch(&patch)?;
        let folder = "Demo/Folder".parse().map_err(|_| StoreError::Closed)?;
        transaction.retype(id, &folder)
    })
    .await
    .unwrap();
    assert_eq!(read(&store, mine, 0).await, content(300_000));
    transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
        transaction.erase(id)?;
        assert_eq!(transaction.binary(mine)?, None);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(store.binary_part(mine, 0).await.unwrap(), None);
    assert_eq!(read(&store, theirs, 0).await, content(5));
    assert_eq!(read(&store, free, 0).await, content(5));
    transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
        transaction.delete_binary(theirs)?;
        transaction.delete_binary(mine)
    })
    .await
    .unwrap();
    assert_eq!(store.binary(theirs).await.unwrap(), None);
    assert!(store.entity(&graph(), other.rt_id).await.unwrap().is_some());
}

pub(crate) async fn a_file_is_claimed_once(store: Store) {
    let (owner, other) = (tool("a"), tool("b"));
    insert(&store, &graph(), &[owner.clone(), other.clone()]).await;
    let file = binary(None, 3);
    put(&store, &file, content(3)).await.unwrap();
    let claim = |owner: RtId| {
        let id = file.id;
        transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
            transaction.claim_binary(id, owner)
        })
    };
    assert!(claim(RtId::generate()).await.is_err(), "no such owner");
    claim(owner.rt_id).await.unwrap();
    assert!(claim(other.rt_id).await.is_err());
    let stored = store.binary(file.id).await.unwrap().unwrap();
    assert_eq!(stored.owner, Some(owner.rt_id));
}
