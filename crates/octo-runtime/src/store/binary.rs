//! Files that entities refer to (spec 4.3, 10.9).

use crate::rt_id::RtId;

/// What is recorded about a stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBinary {
    /// Its id.
    pub id: RtId,
    /// The entity it belongs to; it goes with that entity. `None` until an entity claims it.
    pub owner: Option<RtId>,
    /// Media type.
    pub content_type: String,
    /// Name shown to people.
    pub filename: String,
    /// Size in bytes.
    pub size: u64,
}
