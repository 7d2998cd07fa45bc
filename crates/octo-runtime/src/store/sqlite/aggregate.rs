//! Aggregations in one pass over the matches.
//!
//! SQLite finds the matches and reads the values; the groups are kept here (see
//! [`Grouping`]). `GROUP BY` would sort all matches first, in memory, only to get the groups in
//! order, and its sums are doubles; this way nothing is sorted and sums are exact.

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::path::{self, Place};
use super::{failed, select};
use crate::store::aggregation::accumulator::{Accumulator, Number, Unit};
use crate::store::aggregation::grouping::{Grouping, encode};
use crate::store::{Aggregation, Field, Function, Groups, Measure, PathStep, StoreError};
use crate::value::Value;

mod columns;
mod elements;

use columns::{Kind, cell, key_part, key_value};

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
    plan.run(connection, &condition, parameters, &mut grouping)?;
    let units: Vec<_> = plan.inputs.iter().map(Input::unit).collect();
    Ok(grouping.finish(&units))
}

/// What is read of each match, and what happens to it.
struct Plan {
    /// SQL expressions, each once.
    columns: Vec<String>,
    keys: Vec<Key>,
    inputs: Vec<Input>,
}

/// A part of the group's key.
struct Key {
    column: usize,
    kind: Kind,
}

/// Where a measure gets its values.
enum Input {
    /// From every match.
    Row,
    /// From one value.
    One {
        column: usize,
        kind: Kind,
        only_counts: bool,
    },
    /// From the elements of a list.
    Many {
        column: usize,
        rest: Vec<PathStep>,
        kind: Kind,
        only_counts: bool,
    },
}

impl Plan {
    fn of(aggregation: &Aggregation) -> Result<Self, StoreError> {
        let mut plan = Self {
            columns: Vec::new(),
            keys: Vec::new(),
            inputs: Vec::new(),
        };
        for field in &aggregation.group_by {
            let kind = Kind::of(field);
            let column = plan.column(kind.readable(path::single("attributes", field)?));
            plan.keys.push(Key { column, kind });
        }
        for measure in &aggregation.measures {
            let input = plan.input(measure)?;
            plan.inputs.push(input);
        }
        Ok(plan)
    }

    fn input(&mut self, measure: &Measure) -> Result<Input, StoreError> {
        let Measure::Of(function, field) = measure else {
            return Ok(Input::Row);
        };
        let kind = Kind::of(field);
        let only_counts = *function == Function::Count;
        let place = match field {
            Field::System(system) => Place::Value(path::column(*system).to_owned()),
            Field::Attribute(attribute) => {
                path::place("attributes", &attribute.steps, attribute.value_type)?
            }
        };
        Ok(match place {
            Place::Value(expression) => Input::One {
                column: self.column(kind.readable(expression)),
                kind,
                only_counts,
            },
            Place::Elements { list, rest } => Input::Many {
                column: self.column(path::extract(&list.document, &list.path)),
                rest,
                kind,
                only_counts,
            },
        })
    }

    fn column(&mut self, expression: String) -> usize {
        let known = self.columns.iter().position(|known| *known == expression);
        known.unwrap_or_else(|| {
            self.columns.push(expression);
            self.columns.len() - 1
        })
    }

    fn run(
        &self,
        connection: &Connection,
        condition: &str,
        parameters: Vec<Sql>,
        grouping: &mut Grouping,
    ) -> Result<(), StoreError> {
        let columns = match self.columns.as_slice() {
            [] => "1".to_owned(),
            columns => columns.join(", "),
        };
        let sql = format!("SELECT {columns} FROM entity WHERE {condition}");
        let mut statement = connection
            .prepare_cached(&sql)
            .map_err(failed("aggregate"))?;
        let mut rows = statement
            .query(params_from_iter(parameters))
            .map_err(failed("aggregate"))?;
        let mut key = Vec::new();
        while let Some(row) = rows.next().map_err(failed("aggregate"))? {
            key.clear();
            for part in &self.keys {
                encode(key_part(cell(row, part.column)?, part.kind), &mut key);
            }
            let group = grouping.group(&key, || self.key_values(row))?;
            if let Some(accumulators) = group {
                self.take(row, accumulators)?;
            }
        }
        Ok(())
    }

    fn key_values(&self, row: &Row<'_>) -> Result<Vec<Option<Value>>, StoreError> {
        let parts = self.keys.iter();
        parts
            .map(|part| Ok(key_value(cell(row, part.column)?, part.kind)))
            .collect()
    }

    fn take(&self, row: &Row<'_>, accumulators: &mut [Accumulator]) -> Result<(), StoreError> {
        for (input, accumulator) in self.inputs.iter().zip(accumulators) {
            input.take(row, accumulator)?;
        }
        Ok(())
    }
}

impl Input {
    fn unit(&self) -> Unit {
        match self {
            Self::Row => Unit::Plain,
            Self::One { kind, .. } | Self::Many { kind, .. } => kind.unit(),
        }
    }

    fn take(&self, row: &Row<'_>, accumulator: &mut Accumulator) -> Result<(), StoreError> {
        match self {
            Self::Row => accumulator.add_one(),
            Self::One {
                column,
                kind,
                only_counts,
            } => match (cell(row, *column)?, only_counts) {
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
                if let ValueRef::Text(list) = cell(row, *column)? {
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
