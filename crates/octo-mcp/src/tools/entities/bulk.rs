//! Many entities in one call: all of them or none.

mod creates;
mod deletes;
mod items;
mod updates;

pub(super) use creates::{CreateEntities, create_entities};
pub(super) use deletes::{DeleteEntities, delete_entities};
pub(super) use updates::{UpdateEntities, update_entities};
