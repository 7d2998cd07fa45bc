//! Files on their way between a client and a tool (spec, assets 12).
//!
//! A tool reserves a transfer, the client moves the bytes over plain HTTP, another tool uses the
//! file. A transfer belongs to the principal that reserved it; its id is unguessable, lives for
//! half an hour and is never kept beyond a restart.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::auth::Principal;

pub mod media_type;

/// Largest file accepted, bytes.
pub const MAX_SIZE: u64 = 5 * 1024 * 1024 * 1024;
/// Life of a transfer from its reservation.
pub const LIFE: Duration = Duration::from_secs(30 * 60);
/// An upload that brings nothing for this long is broken off.
const STALLED: Duration = Duration::from_secs(60);
/// Transfers one principal may have open.
const MAX_PER_OWNER: usize = 32;

/// A transfer as its owner sees it.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Id, 32 hex digits.
    pub id: String,
    /// Name of the file, without folders.
    pub file_name: String,
    /// Its media type, known once the file is complete.
    pub content_type: String,
    /// Its size in bytes; 0 until it is complete.
    pub size: u64,
    /// Where the bytes are.
    pub path: PathBuf,
    /// End of its life.
    pub expires: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reserved,
    Receiving,
    Complete,
}

#[derive(Debug)]
struct Entry {
    owner: Principal,
    transfer: Transfer,
    state: State,
}

/// Why a transfer could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// No such transfer, for this caller, in this state.
    #[error("Unknown or expired transferId.")]
    Unknown,
    /// The file is too large.
    #[error("Upload exceeded 5,368,709,120 byte cap.")]
    TooLarge,
    /// The client broke off.
    #[error("Upload cancelled.")]
    Cancelled,
    /// The owner has too many open transfers.
    #[error(
        "There are {MAX_PER_OWNER} open transfers already. Finish or cancel some (cancel_file_transfer), or wait until they expire."
    )]
    TooMany,
    /// The file cannot be written.
    #[error("The file could not be stored: {0}")]
    Io(#[from] std::io::Error),
}

/// All open transfers.
pub struct TransferStore {
    folder: PathBuf,
    entries: Arc<Mutex<HashMap<String, Entry>>>,
}

impl TransferStore {
    /// A store in `folder`, which is emptied: transfers do not survive a restart.
    ///
    /// # Errors
    /// When the folder cannot be prepared.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir_all(&folder)?,
        }
        Ok(Self {
            folder,
            entries: Arc::default(),
        })
    }

    /// Reserves a transfer for a file of that name.
    ///
    /// # Errors
    /// [`TransferError::TooMany`].
    pub fn reserve(&self, owner: Principal, file_name: &str) -> Result<Transfer, TransferError> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut entries = self.lock();
        remove_expired(&mut entries);
        if entries
            .values()
            .filter(|entry| entry.owner == owner)
            .count()
            >= MAX_PER_OWNER
        {
            return Err(TransferError::TooMany);
        }
        let transfer = Transfer {
            path: self.folder.join(&id),
            file_name: base_name(file_name),
            content_type: String::new(),
            size: 0,
            expires: Timestamp::now() + LIFE,
            id: id.clone(),
        };
        entries.insert(
            id,
            Entry {
                owner,
                transfer: transfer.clone(),
                state: State::Reserved,
            },
        );
        Ok(transfer)
    }

    /// Receives the bytes of a reserved transfer. `caller` is the bearer of the request, if any;
    /// it must then be the owner. `content_type` is what the sender says the file is; if nothing, its
    /// name tells. Returns the size.
    ///
    /// # Errors
    /// Any [`TransferError`]; after a failure the transfer is reserved as before.
    pub async fn receive<S, E>(
        &self,
        id: &str,
        caller: Option<&Principal>,
        content_type: Option<String>,
        body: S,
    ) -> Result<u64, TransferError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let transfer = self.take(id, caller)?;
        let mut receiving = Receiving {
            store: self,
            transfer: &transfer,
            done: false,
        };
        let size = write(&transfer.path, body).await?;
        receiving.done = true;
        drop(receiving);
        let content_type = content_type.unwrap_or_else(|| media_type::of_name(&transfer.file_name));
        if let Some(entry) = self.lock().get_mut(id) {
            entry.state = State::Complete;
            entry.transfer.content_type = content_type;
            entry.transfer.size = size;
        }
        Ok(size)
    }

    /// A complete transfer of `owner`.
    ///
    /// # Errors
    /// [`TransferError::Unknown`].
    pub fn complete(&self, id: &str, owner: &Principal) -> Result<Transfer, TransferError> {
        self.find(id, |entry| {
            entry.owner == *owner && entry.state == State::Complete
        })
    }

    /// A complete transfer for download by whoever holds its id. `caller` is the bearer of the
    /// request, if any; it must then be the owner.
    ///
    /// # Errors
    /// [`TransferError::Unknown`].
    pub fn download(
        &self,
        id: &str,
        caller: Option<&Principal>,
    ) -> Result<Transfer, TransferError> {
        self.find(id, |entry| {
            entry.state == State::Complete && caller.is_none_or(|caller| *caller == entry.owner)
        })
    }

    /// Ends a transfer of `owner`; whether there was one is not told.
    pub fn cancel(&self, id: &str, owner: &Principal) {
        let mut entries = self.lock();
        if entries.get(id).is_some_and(|entry| entry.owner == *owner) {
            discard(entries.remove(id));
        }
    }

    /// Removes expired transfers and their files.
    pub fn sweep(&self) {
        remove_expired(&mut self.lock());
    }

    fn find(&self, id: &str, fits: impl Fn(&Entry) -> bool) -> Result<Transfer, TransferError> {
        let mut entries = self.lock();
        remove_expired(&mut entries);
        let entry = entries.get(id).filter(|entry| fits(entry));
        entry
            .map(|entry| entry.transfer.clone())
            .ok_or(TransferError::Unknown)
    }

    fn take(&self, id: &str, caller: Option<&Principal>) -> Result<Transfer, TransferError> {
        let mut entries = self.lock();
        remove_expired(&mut entries);
        let entry = entries.get_mut(id).filter(|entry| {
            entry.state == State::Reserved && caller.is_none_or(|caller| *caller == entry.owner)
        });
        let entry = entry.ok_or(TransferError::Unknown)?;
        entry.state = State::Receiving;
        Ok(entry.transfer.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the reservation back when an upload ends early, however it ends.
struct Receiving<'a> {
    store: &'a TransferStore,
    transfer: &'a Transfer,
    done: bool,
}

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.transfer.path);
            if let Some(entry) = self.store.lock().get_mut(&self.transfer.id) {
                entry.state = State::Reserved;
            }
        }
    }
}

async fn write<S, E>(path: &Path, mut body: S) -> Result<u64, TransferError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let mut file = File::create(path).await?;
    let mut size = 0_u64;
    loop {
        let next = tokio::time::timeout(STALLED, body.next()).await;
        let Some(chunk) = next.map_err(|_| TransferError::Cancelled)? else {
            break;
        };
        let chunk = chunk.map_err(|_| TransferError::Cancelled)?;
        size += chunk.len() as u64;
        if size > MAX_SIZE {
            return Err(TransferError::TooLarge);
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(size)
}

fn remove_expired(entries: &mut HashMap<String, Entry>) {
    let now = Timestamp::now();
    let expired: Vec<String> = entries
        .iter()
        .filter(|(_, entry)| entry.transfer.expires <= now && entry.state != State::Receiving)
        .map(|(id, _)| id.clone())
        .collect();
    for id in expired {
        discard(entries.remove(&id));
    }
}

fn discard(entry: Option<Entry>) {
    if let Some(entry) = entry {
        // A reserved transfer has no file yet.
        let _ = std::fs::remove_file(entry.transfer.path);
    }
}

/// The last part of a path in either notation, without control characters.
fn base_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if matches!(clean.trim(), "" | "." | "..") {
        "file".to_owned()
    } else {
        clean
    }
}

#[cfg(test)]
mod tests;
