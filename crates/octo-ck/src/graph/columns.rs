//! Query columns: every path at which a value of a type can be asked for (spec, Construction Kit
//! 6.5). What lies behind associations is in [`navigation`](super::navigation).

use std::sync::Arc;

use super::navigation::{NavigationOptions, Visited};
use super::{AttributeNode, TypeGraph, TypeNode};
use crate::id::{CkId, RtCkId};
use crate::model::ValueType;

/// Columns a type may have.
pub const MAX_COLUMNS: usize = 50_000;

/// Attributes visited for one type: bounds the work for nested lists that end in empty records.
const MAX_STEPS: usize = 10 * MAX_COLUMNS;

/// Records inside records inside a type, or associations followed one after the other.
pub(super) const MAX_DEPTH: usize = 64;

/// System columns of every type: fields of the entity itself, listed after its attributes.
const SYSTEM_COLUMNS: [(&str, ValueType); 8] = [
    ("rtId", ValueType::String),
    ("ckTypeId", ValueType::String),
    ("rtWellKnownName", ValueType::String),
    ("rtDisplayName", ValueType::String),
    ("rtDisplayDescription", ValueType::String),
    ("rtVersion", ValueType::Int64),
    ("rtCreationDateTime", ValueType::DateTime),
    ("rtChangedDateTime", ValueType::DateTime),
];

/// A path and what is found there.
#[derive(Debug, Clone)]
pub struct Column {
    /// Path in camelCase, such as `address.city` or `rows[*].amount`.
    pub path: String,
    /// Reported type; `RecordArray` for everything inside a list of records.
    pub value_type: ValueType,
    /// What the attribute means.
    pub description: Option<String>,
    /// The attribute at the end of the path; `None` for system columns and counts.
    pub attribute: Option<Arc<AttributeNode>>,
}

/// Why the columns of a type cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// A record contains itself.
    #[error(
        "Cyclic record reference detected while expanding record '{0}'. A record must not contain itself, directly or through other records."
    )]
    Cyclic(CkId),
    /// There are too many paths.
    #[error(
        "Query column expansion for type '{0}' exceeded the limit of {MAX_COLUMNS} columns. Use fewer or less deeply nested records."
    )]
    TooMany(CkId),
}

impl TypeGraph {
    /// The columns of a type: its attributes in order, records expanded, then the system columns.
    ///
    /// # Errors
    /// A record contains itself, or there are more than [`MAX_COLUMNS`].
    pub fn columns(&self, node: &TypeNode) -> Result<Vec<Column>, ColumnError> {
        let options = NavigationOptions {
            depth: 0,
            include_many: false,
        };
        self.columns_with(node, options)
    }

    /// As [`TypeGraph::columns`], with the columns of other types that can be reached over
    /// associations before the system columns.
    ///
    /// # Errors
    /// A record contains itself, or there are more than [`MAX_COLUMNS`].
    pub fn columns_with(
        &self,
        node: &TypeNode,
        options: NavigationOptions,
    ) -> Result<Vec<Column>, ColumnError> {
        let mut expansion = Expansion {
            graph: self,
            node,
            columns: Vec::new(),
            open: Vec::new(),
            steps: 0,
        };
        expansion.type_columns(node, "", options, &mut Visited::new())?;
        Ok(expansion.columns)
    }
}

pub(super) struct Expansion<'g> {
    pub(super) graph: &'g TypeGraph,
    node: &'g TypeNode,
    columns: Vec<Column>,
    /// Records being expanded, outermost first.
    open: Vec<RtCkId>,
    steps: usize,
}

impl Expansion<'_> {
    /// All columns of a type, each path beginning with `prefix`.
    pub(super) fn type_columns(
        &mut self,
        node: &TypeNode,
        prefix: &str,
        options: NavigationOptions,
        visited: &mut Visited,
    ) -> Result<(), ColumnError> {
        self.attributes(&node.attributes, prefix, false)?;
        self.navigate(node, prefix, options, visited)?;
        for (name, value_type) in SYSTEM_COLUMNS {
            self.push_plain(format!("{prefix}{name}"), value_type)?;
        }
        Ok(())
    }

    /// Adds a column that belongs to no attribute.
    pub(super) fn push_plain(
        &mut self,
        path: String,
        value_type: ValueType,
    ) -> Result<(), ColumnError> {
        self.add(Column {
            path,
            value_type,
            description: None,
            attribute: None,
        })
    }

    fn attributes(
        &mut self,
        attributes: &[Arc<AttributeNode>],
        prefix: &str,
        in_list: bool,
    ) -> Result<(), ColumnError> {
        for attribute in attributes {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return Err(ColumnError::TooMany(self.node.id.clone()));
            }
            let path = format!("{prefix}{}", attribute.camel_name);
            match attribute.value_type {
                ValueType::Record => self.record(attribute, &format!("{path}."), in_list)?,
                ValueType::RecordArray => {
                    self.record(attribute, &format!("{path}[0]."), true)?;
                    self.record(attribute, &format!("{path}[*]."), true)?;
                }
                ValueType::StringArray | ValueType::IntArray => {
                    self.push(attribute, format!("{path}[0]"), in_list)?;
                    self.push(attribute, format!("{path}[*]"), in_list)?;
                }
                _ => self.push(attribute, path, in_list)?,
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        attribute: &AttributeNode,
        prefix: &str,
        in_list: bool,
    ) -> Result<(), ColumnError> {
        let graph = self.graph;
        let Some(record) = attribute.record.as_ref().and_then(|id| graph.record(id)) else {
            return Ok(());
        };
        if self.open.contains(&record.rt_id) {
            return Err(ColumnError::Cyclic(record.id.clone()));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(ColumnError::TooMany(self.node.id.clone()));
        }
        self.open.push(record.rt_id.clone());
        self.attributes(&record.attributes, prefix, in_list)?;
        self.open.pop();
        Ok(())
    }

    fn push(
        &mut self,
        attribute: &Arc<AttributeNode>,
        path: String,
        in_list: bool,
    ) -> Result<(), ColumnError> {
        self.add(Column {
            path,
            value_type: match in_list {
                true => ValueType::RecordArray,
                false => attribute.value_type,
            },
            description: attribute.description.clone(),
            attribute: Some(attribute.clone()),
        })
    }

    fn add(&mut self, column: Column) -> Result<(), ColumnError> {
        // System columns of the type itself are not counted: they are always there.
        if self.columns.len() >= MAX_COLUMNS + SYSTEM_COLUMNS.len() {
            return Err(ColumnError::TooMany(self.node.id.clone()));
        }
        self.columns.push(column);
        Ok(())
    }
}
