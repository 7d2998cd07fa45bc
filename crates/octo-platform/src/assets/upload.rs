//! Receiving an uploaded file: streamed to disk, bounded in size, number and time.

use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// Largest accepted model file in bytes; the real service takes 30 MB.
pub(super) const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// Largest accepted request: the file and the form around it.
pub(super) const BODY_LIMIT: usize = 65 * 1024 * 1024;

/// Uploads received at the same time.
const SLOTS: usize = 4;

/// Time one upload may take.
const TIME_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Limits how many uploads are received at the same time.
#[derive(Clone)]
pub(super) struct UploadSlots(Arc<Semaphore>);

impl Default for UploadSlots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SLOTS)))
    }
}

impl UploadSlots {
    /// Takes a slot.
    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            Problem::busy("Too many uploads are running. Wait a moment and try again.")
        })
    }
}

/// A received file. It has no name on disk and vanishes when dropped.
#[derive(Debug)]
pub(super) struct UploadedFile {
    /// Its content, positioned at the start.
    pub(super) content: std::fs::File,
    /// Its name as the client gave it, without folders.
    pub(super) name: String,
    /// Its content type as the client gave it.
    pub(super) content_type: Option<String>,
}

/// Receives the form field `file` into a file below `folder`.
pub(super) async fn receive(form: Multipart, folder: &Path) -> Result<UploadedFile, Problem> {
    match tokio::time::timeout(TIME_LIMIT, read_form(form, folder)).await {
        Ok(result) => result,
        Err(_) => Err(Problem::bad_request("The upload took too long.")),
    }
}

async fn read_form(mut form: Multipart, folder: &Path) -> Result<UploadedFile, Problem> {
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        if field
            .name()
            .is_some_and(|name| name.eq_ignore_ascii_case("file"))
        {
            return read_file(field, folder).await;
        }
    }
    Err(Problem::required("file"))
}

async fn read_file(mut field: Field<'_>, folder: &Path) -> Result<UploadedFile, Problem> {
    let name = base_name(field.file_name().unwrap_or_default());
    let content_type = field.content_type().map(str::to_owned);
    let file = tempfile::tempfile_in(folder).map_err(|error| not_stored(&error))?;
    let mut target = tokio::fs::File::from_std(file);
    let mut size = 0_u64;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        size += chunk.len() as u64;
        if size > FILE_LIMIT {
            return Err(too_large());
        }
        target
            .write_all(&chunk)
            .await
            .map_err(|error| not_stored(&error))?;
    }
    if size == 0 {
        return Err(Problem::validation("file", "The uploaded file is empty."));
    }
    target.flush().await.map_err(|error| not_stored(&error))?;
    let mut content = target.into_std().await;
    content
        .seek(SeekFrom::Start(0))
        .map_err(|error| not_stored(&error))?;
    Ok(UploadedFile {
        content,
        name,
        content_type,
    })
}

/// The last part of a path in either notation, without control characters.
fn base_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    if name.is_empty() {
        "model".to_owned()
    } else {
        name
    }
}

fn broken(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::bad_request(format!("The upload is incomplete: {}", error.body_text())),
    }
}

fn too_large() -> Problem {
    Problem::too_large(format!(
        "The file is larger than the accepted {} MiB.",
        FILE_LIMIT / (1024 * 1024)
    ))
}

fn not_stored(error: &std::io::Error) -> Problem {
    Problem::internal("The upload could not be stored.", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        for (path, name) in [
            ("a/b/model.zip", "model.zip"),
            ("C:\\tmp\\model.yaml", "model.yaml"),
            ("../../etc/passwd", "passwd"),
            ("", "model"),
            ("a\nb.zip", "ab.zip"),
        ] {
            assert_eq!(base_name(path), name);
        }
    }
}
