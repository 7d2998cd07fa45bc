//! Aggregations in one pass over the matches.
//!
//! SQLite finds the matches and reads the values; the groups are kept here (see
//! [`Grouping`]). `GROUP BY` would sort all matches first, in memory, only to get the groups in
//! order, and its sums are doubles; this way nothing is sorted and sums are exact.
//!
//! Measures behind links take one more pass for each different way over associations: over the
//! matches joined with their far ends. Collecting the far ends of each match in the first pass
//! would need memory for all of them.

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::{failed, select};
use crate::store::aggregation::accumulator::{Accumulator, Number};
use crate::store::aggregation::grouping::{Grouping, encode};
use crate::store::{Aggregation, Groups, StoreError};
use crate::value::Value;

mod columns;
mod elements;
mod plan;

use columns::{cell, key_part, key_value};
use plan::{Input, Key, Pass, Plan};

/// Runs an aggregation.
pub(super) fn groups(
    connection: &Connection,
    aggregation: &Aggregation,
) -> Result<Groups, StoreError> {
    let plan = Plan::of(aggregation)?;
    let mut parameters = Vec::new();
    let condition = select::condition(&aggregation.query, None, &mut parameters)?;
    let mut grouping = Grouping::new(&aggregation.measures, aggregation.max_groups.max(1));
    if plan.keys.is_empty() {
        grouping.group(&[], || Ok::<_, StoreError>(Vec::new()))?;
    }
    for pass in plan.passes() {
        let run = Run {
            keys: &plan.keys,
            pass,
        };
        run.all(connection, (&condition, &parameters), &mut grouping)?;
    }
    Ok(grouping.finish(&plan.units()))
}

/// A pass over the matches.
struct Run<'p> {
    keys: &'p [Key],
    pass: &'p Pass,
}

impl Run<'_> {
    fn all(
        &self,
        connection: &Connection,
        (condition, parameters): (&str, &[Sql]),
        grouping: &mut Grouping,
    ) -> Result<(), StoreError> {
        let (sql, all) = self.pass.sql(self.keys, condition, parameters);
        let mut statement = connection
            .prepare_cached(&sql)
            .map_err(failed("aggregate"))?;
        let mut rows = statement
            .query(params_from_iter(all))
            .map_err(failed("aggregate"))?;
        let mut key = Vec::new();
        while let Some(row) = rows.next().map_err(failed("aggregate"))? {
            key.clear();
            for (column, part) in self.keys.iter().enumerate() {
                encode(key_part(cell(row, column)?, part.kind), &mut key);
            }
            // The first pass meets every group; those it dropped do not come back.
            let group = match self.pass.is_first() {
                true => grouping.group(&key, || self.key_values(row))?,
                false => grouping.known(&key),
            };
            if let Some(accumulators) = group {
                self.take(row, accumulators)?;
            }
        }
        Ok(())
    }

    fn key_values(&self, row: &Row<'_>) -> Result<Vec<Option<Value>>, StoreError> {
        let parts = self.keys.iter().enumerate();
        parts
            .map(|(column, part)| Ok(key_value(cell(row, column)?, part.kind)))
            .collect()
    }

    fn take(&self, row: &Row<'_>, accumulators: &mut [Accumulator]) -> Result<(), StoreError> {
        for (measure, input) in &self.pass.inputs {
            if let Some(accumulator) = accumulators.get_mut(*measure) {
                input.take(row, self.keys.len(), accumulator)?;
            }
        }
        Ok(())
    }
}

impl Input {
    /// `first`: the place of the first column that is no key.
    fn take(
        &self,
        row: &Row<'_>,
        first: usize,
        accumulator: &mut Accumulator,
    ) -> Result<(), StoreError> {
        match self {
            Self::Row => accumulator.add_one(),
            Self::One {
                column,
                kind,
                only_counts,
            } => match (cell(row, first + column)?, only_counts) {
                (ValueRef::Null, _) => {}
                (_, true) => accumulator.add_one(),
                (value, false) => {
                    if let Some(number) = kind.number(value)? {
                        accumulator.add(number);
                    }
                }
            },
            Self::Many {
                column,
                rest,
                kind,
                only_counts,
            } => {
                if let ValueRef::Text(list) = cell(row, first + column)? {
                    let mut add = |number: Option<Number>| match number {
                        Some(number) => accumulator.add(number),
                        None => accumulator.add_one(),
                    };
                    elements::visit(list, rest, *kind, *only_counts, &mut add)?;
                }
            }
        }
        Ok(())
    }
}
