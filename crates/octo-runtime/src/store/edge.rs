//! Which edges are asked for, and in what order they come.

use octo_ck::RtCkId;

use crate::entity::{Association, Direction};
use crate::rt_id::RtId;
use crate::store::{StoreError, WriteTransaction};

/// Edges of some entities.
///
/// They come entity by entity, in the order given; of each entity outbound edges before inbound
/// ones, by role and then by far end, both ascending. An edge that meets the query with both of its
/// ends comes once, with the first of them. There may be any number of entities.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeQuery {
    /// The near ends.
    pub entities: Vec<RtId>,
    /// Only this role.
    pub role: Option<RtCkId>,
    /// Seen from the near ends.
    pub direction: Direction,
}

/// Which of the edges that meet a query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EdgePage {
    /// Only edges whose far end is one of these.
    pub far: Option<Vec<RtId>>,
    /// Only edges that come after this one, which must be an edge the query asks for (it need not
    /// exist any more).
    pub after: Option<EdgeKey>,
    /// So many at most.
    pub take: Option<usize>,
}

/// What tells an edge from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeKey {
    /// Where it starts.
    pub origin: RtId,
    /// Its role.
    pub role: RtCkId,
    /// Where it ends.
    pub target: RtId,
}

impl EdgePage {
    /// All edges.
    pub fn all() -> Self {
        Self::default()
    }

    /// The first edges, at most `count`.
    pub fn first(count: usize) -> Self {
        Self {
            take: Some(count),
            ..Self::default()
        }
    }

    /// Those that come after `edge`.
    #[must_use]
    pub fn after(mut self, edge: &Association) -> Self {
        self.after = Some(edge.key());
        self
    }
}

impl Association {
    /// What tells it from all others.
    pub fn key(&self) -> EdgeKey {
        EdgeKey {
            origin: self.origin.rt_id,
            role: self.role.clone(),
            target: self.target.rt_id,
        }
    }
}

/// Edges removed at once.
const REMOVED_PER_PAGE: usize = 1_000;

/// Removes all edges of an entity, page by page: it may have millions. `removed` gets each.
pub(crate) fn remove_all(
    transaction: &mut dyn WriteTransaction,
    entity: RtId,
    mut removed: impl FnMut(Association),
) -> Result<(), StoreError> {
    let all = EdgeQuery {
        entities: vec![entity],
        role: None,
        direction: Direction::Any,
    };
    let first = EdgePage {
        take: Some(REMOVED_PER_PAGE),
        ..EdgePage::all()
    };
    loop {
        // What is removed makes room: the next page is the first one again.
        let edges = transaction.edges(&all, &first)?;
        if edges.is_empty() {
            return Ok(());
        }
        for edge in edges {
            transaction.delete_edge(edge.id)?;
            removed(edge);
        }
    }
}
