//! Entities to delete.

use crate::rt_id::RtId;

/// An entity to delete.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteEntity {
    pub(crate) ck_type: String,
    pub(crate) rt_id: RtId,
    pub(crate) expected_version: Option<u64>,
    pub(crate) mode: DeleteMode,
}

/// What deleting does; its edges go in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteMode {
    /// The entity is kept, but hidden from queries.
    #[default]
    Archive = 0,
    /// The entity is gone.
    Erase = 1,
}

impl DeleteEntity {
    /// Archives the entity of that type (or a type derived from it) and id.
    pub fn of(ck_type: impl Into<String>, rt_id: RtId) -> Self {
        Self {
            ck_type: ck_type.into(),
            rt_id,
            expected_version: None,
            mode: DeleteMode::Archive,
        }
    }

    /// Removes it for good instead of archiving it.
    #[must_use]
    pub fn erase(mut self) -> Self {
        self.mode = DeleteMode::Erase;
        self
    }

    /// Refuses the change unless the stored version is this one.
    #[must_use]
    pub fn expect_version(mut self, version: u64) -> Self {
        self.expected_version = Some(version);
        self
    }
}
