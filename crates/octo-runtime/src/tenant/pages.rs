//! Pages of entities.

use std::sync::Arc;

use octo_ck::TypeGraph;

use super::Tenant;
use crate::error::RuntimeError;
use crate::query::cursor::{Cursor, Question};
use crate::query::{CursorPage, EntityQuery};
use crate::store::{EdgeQuery, StoreQuery};

impl Tenant {
    /// The page of a resolved query, only of entities at the far ends of `edges` when there are any.
    pub(super) async fn page_of(
        &self,
        graph: &Arc<TypeGraph>,
        query: &EntityQuery,
        mut resolved: StoreQuery,
        edges: Option<EdgeQuery>,
    ) -> Result<CursorPage, RuntimeError> {
        let invalid = |problem: String| RuntimeError::InvalidQuery(vec![problem]);
        let shape = edges.clone();
        let question = Question {
            tenant: self.id(),
            query,
            edges: shape.as_ref(),
        };
        let after = query.after.as_deref();
        let cursor = after.map(|text| Cursor::read(text, question)).transpose();
        let cursor = cursor.map_err(invalid)?;
        if cursor.is_some() && query.skip > 0 {
            let problem = "A query can continue behind a cursor or leave out entities, not both.";
            return Err(invalid(problem.to_owned()));
        }
        let known = cursor.as_ref().map(|cursor| cursor.total);
        resolved.after = cursor.map(|cursor| cursor.position);
        let count = known.is_none();
        let page = match edges {
            None => self.store.page(graph, resolved, count).await,
            Some(edges) => self.store.far_ends(graph, edges, resolved, count).await,
        };
        let page = self.checked_store(page)?;
        let total = known.or(page.total).unwrap_or(0);
        let next = page
            .last
            .and_then(|position| Cursor { position, total }.write(question));
        Ok(CursorPage {
            items: page.items,
            total,
            next,
        })
    }
}
