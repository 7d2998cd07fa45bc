//! Files to store along with entities.

use std::path::PathBuf;
use std::sync::Arc;

use crate::rt_id::RtId;
use crate::value::BinaryInfo;

/// Bytes one file may have.
pub const MAX_BINARY_SIZE: u64 = 64 * 1024 * 1024;

/// A file that values of a change set can refer to: by its [`info`](Self::info), or in JSON as
/// `{"transferId": key}`. It is stored when a value does, and belongs to that value's entity.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBinary {
    pub(crate) key: String,
    pub(crate) info: BinaryInfo,
    pub(crate) content: BinaryContent,
}

/// Where the bytes of a new file come from.
#[derive(Debug, Clone, PartialEq)]
pub enum BinaryContent {
    /// A file on this machine, read while the change is written.
    File(PathBuf),
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
}

impl NewBinary {
    /// A file of that name and media type. `size` is what its content has, in bytes.
    pub fn new(
        key: impl Into<String>,
        filename: impl Into<String>,
        content_type: impl Into<String>,
        size: u64,
        content: BinaryContent,
    ) -> Self {
        Self {
            key: key.into(),
            info: BinaryInfo {
                content_type: content_type.into(),
                binary_id: RtId::generate(),
                filename: filename.into(),
                size: i64::try_from(size).unwrap_or(i64::MAX),
            },
            content,
        }
    }

    /// The value that refers to it.
    pub fn info(&self) -> &BinaryInfo {
        &self.info
    }
}
