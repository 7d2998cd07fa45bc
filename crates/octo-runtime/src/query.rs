//! Questions to a tenant: entities of a type, edges of an entity, far ends of edges.

use crate::criteria::{Criteria, Operand};
use crate::entity::{Association, Direction, Entity};
use crate::rt_id::RtId;
use crate::store::EdgeKey;

/// Edges read at once unless a query says otherwise.
const EDGES_PER_PAGE: usize = 1000;

pub(crate) mod cursor;
mod search;

pub use search::{AttributeSearch, Near, TextQuery};

/// A page of results.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The results of this page.
    pub items: Vec<T>,
    /// All matches before paging.
    pub total: u64,
}

impl<T> Page<T> {
    /// Converts every item.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            total: self.total,
        }
    }
}

/// A page of entities and how to get the next one.
#[derive(Debug, Clone, PartialEq)]
pub struct CursorPage {
    /// The entities of this page.
    pub items: Vec<Entity>,
    /// All matches, as of the first page.
    pub total: u64,
    /// What [`EntityQuery::after`] takes for the next page; `None` at the end.
    pub next: Option<String>,
}

/// Entities of a type, derived types included, archived ones left out.
///
/// Without a sort order entities come in ascending `rtId` order, which is also the last tie
/// breaker of every other order, so that paging is stable.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityQuery {
    pub(crate) ck_type: String,
    pub(crate) ids: Option<Vec<RtId>>,
    pub(crate) criteria: Vec<Criteria>,
    pub(crate) sort: Vec<(String, SortOrder)>,
    pub(crate) after: Option<String>,
    pub(crate) skip: u64,
    pub(crate) take: Option<u64>,
    pub(crate) include_archived: bool,
    pub(crate) text: Option<TextQuery>,
    pub(crate) attribute_search: Option<AttributeSearch>,
    pub(crate) near: Option<Near>,
    pub(crate) reaching: Vec<String>,
}

/// What columns over associations mean for entities that have nothing there (spec 11.3); the
/// discriminants are those of persisted queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NavigationFilterMode {
    /// They are left out.
    #[default]
    Filter = 0,
    /// They are included.
    Include = 1,
}

/// Direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// Small values first; missing values before all others.
    #[default]
    Ascending,
    /// Great values first.
    Descending,
}

impl EntityQuery {
    /// All entities of a type; `ck_type` in any spelling of its id.
    pub fn of(ck_type: impl Into<String>) -> Self {
        Self {
            ck_type: ck_type.into(),
            ids: None,
            criteria: Vec::new(),
            sort: Vec::new(),
            after: None,
            skip: 0,
            take: None,
            include_archived: false,
            text: None,
            attribute_search: None,
            near: None,
            reaching: Vec::new(),
        }
    }

    /// Only entities whose `path` equals `value` (combined with everything else by And).
    #[must_use]
    pub fn eq(self, path: &str, value: impl Into<Operand>) -> Self {
        self.filter(Criteria::eq(path, value))
    }

    /// Only entities whose `path` is one of `values`.
    #[must_use]
    pub fn is_in<V: Into<Operand>>(self, path: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.filter(Criteria::is_in(path, values))
    }

    /// Only entities that meet `criteria` as well.
    #[must_use]
    pub fn filter(mut self, criteria: Criteria) -> Self {
        self.criteria.push(criteria);
        self
    }

    /// Its conditions, all of which must hold.
    pub fn criteria(&self) -> &[Criteria] {
        &self.criteria
    }

    /// Only entities with one of these ids.
    #[must_use]
    pub fn ids(mut self, ids: impl IntoIterator<Item = RtId>) -> Self {
        self.ids = Some(ids.into_iter().collect());
        self
    }

    /// Adds a sort key; earlier keys weigh more.
    #[must_use]
    pub fn sort(mut self, path: &str, order: SortOrder) -> Self {
        self.sort.push((path.to_owned(), order));
        self
    }

    /// Continues behind another page; `cursor` is its [`CursorPage::next`].
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// Leaves out the first `count` matches.
    #[must_use]
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// At most `count` matches.
    #[must_use]
    pub fn take(mut self, count: u64) -> Self {
        self.take = Some(count);
        self
    }

    /// Only entities in whose texts words are found; best matches first unless sorted.
    #[must_use]
    pub fn text(mut self, search: TextQuery) -> Self {
        self.text = Some(search);
        self
    }

    /// Only entities that have a value in one of several attributes.
    #[must_use]
    pub fn search(mut self, search: AttributeSearch) -> Self {
        self.attribute_search = Some(search);
        self
    }

    /// Only entities around a point; nearest first unless sorted.
    #[must_use]
    pub fn near(mut self, near: Near) -> Self {
        self.near = Some(near);
        self
    }

    /// Only entities from which each path leads over its associations to some entity, whatever
    /// value is there. Paths inside the entity and numbers of associated entities (`::totalCount`,
    /// `::exists`), which every entity has, leave out nothing.
    #[must_use]
    pub fn reaching<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.reaching.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Archived entities too.
    #[must_use]
    pub fn include_archived(mut self) -> Self {
        self.include_archived = true;
        self
    }
}

/// Edges of one entity, page by page: 1000 at a time unless told otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct AssociationQuery {
    pub(crate) entity: RtId,
    pub(crate) role: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) far: Option<Vec<RtId>>,
    pub(crate) after: Option<EdgeKey>,
    pub(crate) take: usize,
}

impl AssociationQuery {
    /// All edges of an entity, both directions.
    pub fn of(entity: RtId) -> Self {
        Self {
            entity,
            role: None,
            direction: Direction::Any,
            far: None,
            after: None,
            take: EDGES_PER_PAGE,
        }
    }

    /// Only edges of that role, in any spelling of its id.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Only edges in that direction.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Only edges to these far ends.
    #[must_use]
    pub fn far_ends(mut self, ids: impl IntoIterator<Item = RtId>) -> Self {
        self.far = Some(ids.into_iter().collect());
        self
    }

    /// Only edges that come after this one: the last of the page before.
    #[must_use]
    pub fn after(mut self, edge: &Association) -> Self {
        self.after = Some(edge.key());
        self
    }

    /// At most `count` edges.
    #[must_use]
    pub fn take(mut self, count: usize) -> Self {
        self.take = count;
        self
    }
}

/// Entities at the far ends of the edges of one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetQuery {
    pub(crate) entity: RtId,
    pub(crate) role: String,
    pub(crate) direction: Direction,
    pub(crate) far: EntityQuery,
}

impl TargetQuery {
    /// Follows `role` from `entity` in `direction`; any type of far end.
    pub fn new(entity: RtId, role: impl Into<String>, direction: Direction) -> Self {
        Self {
            entity,
            role: role.into(),
            direction,
            far: EntityQuery::of("System/Entity"),
        }
    }

    /// Type, filter, order and paging of the far ends.
    #[must_use]
    pub fn to(mut self, far: EntityQuery) -> Self {
        self.far = far;
        self
    }
}
