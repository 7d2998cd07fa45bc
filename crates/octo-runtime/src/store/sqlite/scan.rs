//! Page and total of a filtered query in one pass.
//!
//! A filter that no index answers has to be evaluated for every entity to know the total. Doing
//! that once is enough: the pass counts, and keeps the first entities in sort order, as many as the
//! page needs. So the memory it takes depends on the page, not on the matches.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::select::{Match, Matches};
use super::{failed, keys};
use crate::query::SortOrder;
use crate::store::{KeyValue, StoreError, StoreQuery};

/// Most entities kept; deeper pages are read in order instead.
pub(super) const MAX_KEPT: u64 = 10_000;

/// The matches of a page: those of `condition` from `skip` on, and one more to tell whether there
/// are more.
pub(super) fn first(
    connection: &Connection,
    query: &StoreQuery,
    condition: &str,
    parameters: &[Sql],
    take: u64,
) -> Result<Matches, StoreError> {
    let mut all = Vec::new();
    let by_id = keys::is_by_id(query);
    let expressions = match by_id {
        true => Vec::new(),
        false => keys::expressions(query, &mut all)?,
    };
    all.extend_from_slice(parameters);
    let mut columns = vec!["seq".to_owned(), "rt_id".to_owned()];
    columns.extend(expressions.iter().cloned());
    let sql = format!(
        "SELECT {} FROM entity WHERE {condition}",
        columns.join(", ")
    );
    let limit = usize::try_from(query.skip + take).unwrap_or(usize::MAX);
    let orders = query.sort.iter().map(|(_, order)| *order);
    let orders: Vec<SortOrder> = if by_id { Vec::new() } else { orders.collect() };
    let mut kept = Kept::new(limit + 1);
    let mut total = 0_u64;
    let run = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(all))?;
        while let Some(row) = rows.next()? {
            total += 1;
            if by_id && kept.is_behind(row.get_ref(1)?.as_blob()?) {
                continue;
            }
            let found = Match {
                seq: row.get(0)?,
                rt_id: row.get(1)?,
                keys: keys::read(row, 2, expressions.len())?,
            };
            kept.offer(found, &orders);
        }
        Ok(())
    };
    run().map_err(failed("query"))?;
    let skip = usize::try_from(query.skip).unwrap_or(usize::MAX);
    let mut found: Vec<Match> = kept.in_order().skip(skip).collect();
    let take = usize::try_from(take).unwrap_or(usize::MAX);
    let has_more = found.len() > take;
    found.truncate(take);
    Ok(Matches {
        found,
        has_more,
        total: Some(total),
    })
}

/// The smallest matches seen so far.
struct Kept {
    limit: usize,
    heap: BinaryHeap<Ranked>,
}

struct Ranked {
    found: Match,
    orders: Vec<SortOrder>,
}

impl Kept {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    /// Whether an id comes after all that are kept and no more are needed.
    fn is_behind(&self, rt_id: &[u8]) -> bool {
        let greatest = self.heap.peek().map(|ranked| ranked.found.rt_id.as_slice());
        self.heap.len() >= self.limit && greatest.is_some_and(|greatest| rt_id > greatest)
    }

    fn offer(&mut self, found: Match, orders: &[SortOrder]) {
        if self.heap.len() < self.limit {
            let orders = orders.to_vec();
            self.heap.push(Ranked { found, orders });
        } else if let Some(mut greatest) = self.heap.peek_mut()
            && compare(&found, &greatest.found, orders) == Ordering::Less
        {
            greatest.found = found;
        }
    }

    fn in_order(self) -> impl Iterator<Item = Match> {
        let ranked = self.heap.into_sorted_vec().into_iter();
        ranked.map(|ranked| ranked.found)
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.found, &other.found, &self.orders)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

fn compare(left: &Match, right: &Match, orders: &[SortOrder]) -> Ordering {
    let keys = left.keys.iter().zip(&right.keys).zip(orders);
    let mut by_key = keys.map(|((left, right), order)| {
        let ascending = compare_values(left, right);
        match order {
            SortOrder::Ascending => ascending,
            SortOrder::Descending => ascending.reverse(),
        }
    });
    by_key
        .find(|order| *order != Ordering::Equal)
        .unwrap_or_else(|| left.rt_id.cmp(&right.rt_id))
}

/// The order of SQLite: nothing, numbers, texts, bytes.
fn compare_values(left: &KeyValue, right: &KeyValue) -> Ordering {
    use KeyValue::{Bytes, Integer, Null, Real, Text};
    match (left, right) {
        (Integer(left), Integer(right)) => left.cmp(right),
        (Real(left), Real(right)) => left.total_cmp(right),
        (Integer(left), Real(right)) => whole_to_real(*left, *right),
        (Real(left), Integer(right)) => whole_to_real(*right, *left).reverse(),
        (Text(left), Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Bytes(left), Bytes(right)) => left.cmp(right),
        (left, right) => {
            let kind = |value: &KeyValue| match value {
                Null => 0,
                Integer(_) | Real(_) => 1,
                Text(_) => 2,
                Bytes(_) => 3,
            };
            kind(left).cmp(&kind(right))
        }
    }
}

fn whole_to_real(whole: i64, real: f64) -> Ordering {
    // Exact: the fraction decides only when the whole parts are the same.
    if real >= 9.3e18 {
        return Ordering::Less;
    }
    if real <= -9.3e18 {
        return Ordering::Greater;
    }
    let floor = real.floor();
    i128::from(whole)
        .cmp(&(floor as i128))
        .then(if real > floor {
            Ordering::Less
        } else {
            Ordering::Equal
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ordered_like_in_sqlite() {
        let ordered = [
            KeyValue::Null,
            KeyValue::Real(f64::NEG_INFINITY),
            KeyValue::Integer(i64::MIN),
            KeyValue::Real(-0.5),
            KeyValue::Integer(0),
            KeyValue::Real(0.5),
            KeyValue::Integer(9_007_199_254_740_993),
            KeyValue::Real(9_007_199_254_740_994.0),
            KeyValue::Integer(i64::MAX),
            KeyValue::Real(1e300),
            KeyValue::Text("".to_owned()),
            KeyValue::Text("B".to_owned()),
            KeyValue::Text("a".to_owned()),
            KeyValue::Bytes(vec![0]),
        ];
        for (i, left) in ordered.iter().enumerate() {
            for (j, right) in ordered.iter().enumerate() {
                assert_eq!(compare_values(left, right), i.cmp(&j), "{left:?} {right:?}");
            }
        }
    }
}
