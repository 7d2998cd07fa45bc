//! Archived entities to bring back.

use crate::rt_id::RtId;

/// An archived entity to make active again.
///
/// Its associations went when it was archived; give it new ones in the same change set.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoreEntity {
    pub(crate) ck_type: String,
    pub(crate) rt_id: RtId,
    pub(crate) expected_version: Option<u64>,
}

impl RestoreEntity {
    /// Restores the entity of that type (or a type derived from it) and id.
    pub fn of(ck_type: impl Into<String>, rt_id: RtId) -> Self {
        Self {
            ck_type: ck_type.into(),
            rt_id,
            expected_version: None,
        }
    }

    /// Refuses the change unless the stored version is this one.
    #[must_use]
    pub fn expect_version(mut self, version: u64) -> Self {
        self.expected_version = Some(version);
        self
    }
}
