//! Ends of associations, and what can stand for them.

use super::NewEntity;
use crate::entity::{Entity, EntityRef};
use crate::rt_id::RtId;

/// What every type derives from.
const ENTITY: &str = "System/Entity";

/// One end of an association: the type in any spelling, and the id.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkEnd {
    pub(crate) ck_type: String,
    pub(crate) rt_id: RtId,
}

impl LinkEnd {
    /// The entity of that id, whatever its type.
    pub fn any(rt_id: RtId) -> Self {
        Self {
            ck_type: ENTITY.to_owned(),
            rt_id,
        }
    }

    /// The type, as given.
    pub fn ck_type(&self) -> &str {
        &self.ck_type
    }

    /// The id.
    pub fn rt_id(&self) -> RtId {
        self.rt_id
    }
}

impl From<&Entity> for LinkEnd {
    fn from(entity: &Entity) -> Self {
        Self {
            ck_type: entity.ck_type_id.to_string(),
            rt_id: entity.rt_id,
        }
    }
}

impl From<&NewEntity> for LinkEnd {
    fn from(entity: &NewEntity) -> Self {
        Self {
            ck_type: entity.ck_type.clone(),
            rt_id: entity.rt_id,
        }
    }
}

impl From<&EntityRef> for LinkEnd {
    fn from(entity: &EntityRef) -> Self {
        Self {
            ck_type: entity.ck_type_id.to_string(),
            rt_id: entity.rt_id,
        }
    }
}

impl From<EntityRef> for LinkEnd {
    fn from(entity: EntityRef) -> Self {
        Self::from(&entity)
    }
}

impl<T: Into<String>> From<(T, RtId)> for LinkEnd {
    fn from((ck_type, rt_id): (T, RtId)) -> Self {
        Self {
            ck_type: ck_type.into(),
            rt_id,
        }
    }
}
