//! Values of associated entities, shown like attributes of the entity (spec 3.3, 11.3).

use octo_ck::TypeGraph;
use serde_json::{Value as Json, json};

use super::Tenant;
use crate::dto::{self, AttributeDto};
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::path::navigation::{self, Path, PathEnd};
use crate::resolve;
use crate::rt_id::RtId;
use crate::store::Link;

/// Entities at the far end of one association whose values are shown for one entity.
const MAX_FAR_ENDS: usize = 100;

impl Tenant {
    /// For each of `entities`, all of type `ck_type`, what the paths over associations lead to: one
    /// value, a list when there are several (of at most 100 entities), nothing when there is none.
    /// `view` makes of each associated entity what callers may see of it.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`] with everything that is wrong with the paths.
    pub async fn columns(
        &self,
        ck_type: &str,
        entities: &[RtId],
        paths: &[&str],
        view: impl Fn(Entity) -> Entity + Send + Sync,
    ) -> Result<Vec<Vec<AttributeDto>>, RuntimeError> {
        let graph = self.graph();
        let columns = read(&graph, ck_type, paths)?;
        let mut shown = vec![Vec::new(); entities.len()];
        for (name, column) in paths.iter().zip(columns) {
            let values = self.column(&graph, entities, column, &view).await?;
            for (attributes, value) in shown.iter_mut().zip(values) {
                attributes.extend(value.map(|value| AttributeDto {
                    attribute_name: (*name).to_owned(),
                    value,
                }));
            }
        }
        Ok(shown)
    }

    async fn column(
        &self,
        graph: &std::sync::Arc<TypeGraph>,
        entities: &[RtId],
        (mut links, path): (Vec<Link>, Path),
        view: &(impl Fn(Entity) -> Entity + Send + Sync),
    ) -> Result<Vec<Option<Json>>, RuntimeError> {
        let counted = match path.end {
            PathEnd::TotalCount | PathEnd::Exists => links.pop(),
            PathEnd::Value(_) | PathEnd::Entities => None,
        };
        // For each entity at the near end: which row it belongs to.
        let mut rows: Vec<usize> = (0..entities.len()).collect();
        let mut near = entities.to_vec();
        let mut far = Vec::new();
        for link in links {
            let found = self.store.linked(graph, near, link, MAX_FAR_ENDS).await;
            let found = self.checked_store(found)?;
            let of_rows = rows.iter().zip(found);
            let pairs = of_rows.flat_map(|(row, far)| far.into_iter().map(|far| (*row, far)));
            far = pairs.collect();
            rows = far.iter().map(|(row, _)| *row).collect();
            near = far.iter().map(|(_, entity)| entity.rt_id).collect();
        }
        if let Some(link) = counted {
            let counts = self.checked_store(self.store.link_counts(near, link).await)?;
            let mut totals = vec![0_u64; entities.len()];
            for (row, count) in rows.into_iter().zip(counts) {
                totals[row] += count;
            }
            let is_flag = path.end == PathEnd::Exists;
            let shown = |total| {
                if is_flag {
                    json!(total > 0)
                } else {
                    json!(total)
                }
            };
            return Ok(totals.into_iter().map(|total| Some(shown(total))).collect());
        }
        let mut values: Vec<Vec<Json>> = vec![Vec::new(); entities.len()];
        for (row, entity) in far {
            if let PathEnd::Value(terms) = &path.end {
                values[row].extend(dto::values(&view(entity), graph, terms));
            }
        }
        Ok(values.into_iter().map(one_or_list).collect())
    }
}

fn one_or_list(mut values: Vec<Json>) -> Option<Json> {
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Json::Array(values)),
    }
}

fn read(
    graph: &TypeGraph,
    ck_type: &str,
    paths: &[&str],
) -> Result<Vec<(Vec<Link>, Path)>, RuntimeError> {
    let node = resolve::find_type(graph, ck_type)?;
    let mut problems = Vec::new();
    let mut columns = Vec::with_capacity(paths.len());
    for text in paths {
        let path = navigation::read(text).map_err(|error| error.to_string());
        let column = path.and_then(|path| Ok((resolve::column(graph, node, &path, text)?, path)));
        match column {
            Ok(column) => columns.push(column),
            Err(problem) => problems.push(problem),
        }
    }
    if paths.len() > resolve::MAX_LINKED_COLUMNS {
        problems.push(resolve::too_many_columns());
    }
    match problems.is_empty() {
        true => Ok(columns),
        false => Err(RuntimeError::InvalidQuery(problems)),
    }
}
