//! What is read of each match, and what happens to it.

use octo_ck::model::ValueType;
use rusqlite::types::Value as Sql;

use super::columns::Kind;
use crate::store::aggregation::accumulator::Unit;
use crate::store::sqlite::conditions::Subject;
use crate::store::sqlite::links;
use crate::store::sqlite::path::{self, Place};
use crate::store::{
    Aggregation, Field, Filter, Function, Link, Measure, PathStep, Source, StoreError,
};

/// An SQL expression and what is bound in it.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    sql: String,
    parameters: Vec<Sql>,
}

/// A part of the group's key.
pub(super) struct Key {
    column: Column,
    pub(super) kind: Kind,
}

/// Where a measure gets its values: columns of a pass, counted without keys.
pub(super) enum Input {
    /// From every row.
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

/// A pass over the matches, or over the entities some links lead to from there.
pub(super) struct Pass {
    links: Vec<Link>,
    /// The tables and conditions of the links.
    joins: Column,
    columns: Vec<Column>,
    /// Places of measures, and where they get their values.
    pub(super) inputs: Vec<(usize, Input)>,
}

/// All passes of an aggregation.
pub(super) struct Plan {
    pub(super) keys: Vec<Key>,
    passes: Vec<Pass>,
    measures: usize,
}

impl Plan {
    pub(super) fn of(aggregation: &Aggregation) -> Result<Self, StoreError> {
        let keys = aggregation.group_by.iter().map(Key::of);
        let mut plan = Self {
            keys: keys.collect::<Result<_, _>>()?,
            passes: vec![Pass::over(Vec::new())?],
            measures: aggregation.measures.len(),
        };
        for (at, measure) in aggregation.measures.iter().enumerate() {
            plan.add(at, measure)?;
        }
        Ok(plan)
    }

    /// The passes to run; the first one is needed for the groups, if for nothing else.
    pub(super) fn passes(&self) -> impl Iterator<Item = &Pass> {
        let has_keys = !self.keys.is_empty();
        let passes = self.passes.iter();
        passes.filter(move |pass| has_keys || !pass.inputs.is_empty())
    }

    /// What the values of each measure stand for.
    pub(super) fn units(&self) -> Vec<Unit> {
        let mut units = vec![Unit::Plain; self.measures];
        for (at, input) in self.passes.iter().flat_map(|pass| &pass.inputs) {
            units[*at] = input.unit();
        }
        units
    }

    fn add(&mut self, at: usize, measure: &Measure) -> Result<(), StoreError> {
        let Measure::Of(function, source) = measure else {
            self.passes[0].inputs.push((at, Input::Row));
            return Ok(());
        };
        let (links, end) = source.parts();
        let known = self
            .passes
            .iter()
            .position(|pass| pass.links.iter().eq(links.iter().copied()));
        let pass = match known {
            Some(pass) => pass,
            None => {
                let links = links.into_iter().cloned().collect();
                self.passes.push(Pass::over(links)?);
                self.passes.len() - 1
            }
        };
        self.passes[pass].add(at, *function, end)
    }
}

impl Key {
    fn of(source: &Source) -> Result<Self, StoreError> {
        let mut parameters = Vec::new();
        let (sql, kind) = single(source, &Subject::entity(), &mut parameters)?;
        let column = Column { sql, parameters };
        Ok(Self { column, kind })
    }
}

/// The expression of a source that stands for one value.
fn single(
    source: &Source,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<(String, Kind), StoreError> {
    Ok(match source {
        Source::Field(field) => {
            let kind = Kind::of(field);
            (kind.readable(path::single(subject, field)?), kind)
        }
        Source::Linked(link, inner) => {
            let mut kind = Kind::Attribute(ValueType::String);
            let value = |far: &Subject, parameters: &mut Vec<Sql>| {
                let (sql, found) = single(inner, far, parameters)?;
                kind = found;
                Ok(sql)
            };
            (links::first(link, subject, value, parameters)?, kind)
        }
        Source::LinkCount(link) => (
            links::count(link, subject, parameters)?,
            Kind::Attribute(ValueType::Int64),
        ),
        Source::LinkExists(link) => (
            links::exists(link, &Filter::everything(), subject, parameters)?,
            Kind::Attribute(ValueType::Boolean),
        ),
    })
}

impl Input {
    fn unit(&self) -> Unit {
        match self {
            Self::Row => Unit::Plain,
            Self::One { kind, .. } | Self::Many { kind, .. } => kind.unit(),
        }
    }
}

impl Pass {
    fn over(links: Vec<Link>) -> Result<Self, StoreError> {
        let mut parameters = Vec::new();
        let sql = links::joins(&links, &mut parameters)?;
        Ok(Self {
            links,
            joins: Column { sql, parameters },
            columns: Vec::new(),
            inputs: Vec::new(),
        })
    }

    /// Whether it is the pass over the matches themselves.
    pub(super) fn is_first(&self) -> bool {
        self.links.is_empty()
    }

    fn add(&mut self, at: usize, function: Function, source: &Source) -> Result<(), StoreError> {
        let subject = Subject::behind(self.links.len());
        let only_counts = function == Function::Count;
        let input = match source {
            Source::Field(Field::Attribute(path)) => {
                let kind = Kind::Attribute(path.value_type);
                match path::place(&subject.document, &path.steps, path.value_type)? {
                    Place::Value(expression) => Input::One {
                        column: self.column(kind.readable(expression), Vec::new()),
                        kind,
                        only_counts,
                    },
                    Place::Elements { list, rest } => Input::Many {
                        column: self.column(path::extract(&list.document, &list.path), Vec::new()),
                        rest,
                        kind,
                        only_counts,
                    },
                }
            }
            other => {
                let mut parameters = Vec::new();
                let (sql, kind) = single(other, &subject, &mut parameters)?;
                Input::One {
                    column: self.column(sql, parameters),
                    kind,
                    only_counts,
                }
            }
        };
        self.inputs.push((at, input));
        Ok(())
    }

    fn column(&mut self, sql: String, parameters: Vec<Sql>) -> usize {
        let column = Column { sql, parameters };
        let known = self.columns.iter().position(|known| *known == column);
        known.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    /// Keys, then columns, of each row, and what is bound.
    pub(super) fn sql(
        &self,
        keys: &[Key],
        condition: &str,
        parameters: &[Sql],
    ) -> (String, Vec<Sql>) {
        let keys = keys.iter().map(|key| &key.column);
        if self.is_first() {
            let (columns, mut all) = listed(keys.chain(&self.columns));
            all.extend_from_slice(parameters);
            return (
                format!("SELECT {columns} FROM entity WHERE {condition}"),
                all,
            );
        }
        // Keys get names inside, where the columns of the matches cannot be mistaken.
        let names: Vec<_> = (0..keys.len()).map(|at| format!("key{at}")).collect();
        let named: Vec<_> = keys
            .zip(&names)
            .map(|(key, name)| Column {
                sql: format!("{} AS {name}", key.sql),
                parameters: key.parameters.clone(),
            })
            .collect();
        let (inner, of_keys) = listed(&named);
        let (columns, mut all) = listed(&self.columns);
        let outer: Vec<_> = names
            .iter()
            .map(String::as_str)
            .chain([columns.as_str()])
            .collect();
        all.extend(of_keys);
        all.extend_from_slice(parameters);
        all.extend_from_slice(&self.joins.parameters);
        let sql = format!(
            "SELECT {} FROM (SELECT {inner}, rt_id FROM entity WHERE {condition}) AS entity {}",
            outer.join(", "),
            self.joins.sql
        );
        (sql, all)
    }
}

/// Columns as a list, never empty.
fn listed<'c>(columns: impl IntoIterator<Item = &'c Column>) -> (String, Vec<Sql>) {
    let (mut texts, mut parameters) = (Vec::new(), Vec::new());
    for column in columns {
        texts.push(column.sql.as_str());
        parameters.extend_from_slice(&column.parameters);
    }
    if texts.is_empty() {
        texts.push("1");
    }
    (texts.join(", "), parameters)
}
