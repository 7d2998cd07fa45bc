//! Query columns: every path at which a value of a type can be asked for (spec, Construction Kit
//! 6.5), without navigation to other types.

use std::sync::Arc;

use super::{AttributeNode, TypeGraph, TypeNode};
use crate::id::{CkId, RtCkId};
use crate::model::ValueType;

/// Columns a type may have.
pub const MAX_COLUMNS: usize = 50_000;

/// Attributes visited for one type: bounds the work for nested lists that end in empty records.
const MAX_STEPS: usize = 10 * MAX_COLUMNS;

/// Records inside records inside a type.
const MAX_DEPTH: usize = 64;

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
    /// The attribute at the end of the path; `None` for system columns.
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
        let mut expansion = Expansion {
            graph: self,
            node,
            columns: Vec::new(),
            open: Vec::new(),
            steps: 0,
        };
        expansion.attributes(&node.attributes, "", false)?;
        let mut columns = expansion.columns;
        columns.extend(SYSTEM_COLUMNS.map(|(name, value_type)| Column {
            path: name.to_owned(),
            value_type,
            description: None,
            attribute: None,
        }));
        Ok(columns)
    }
}

struct Expansion<'g> {
    graph: &'g TypeGraph,
    node: &'g TypeNode,
    columns: Vec<Column>,
    /// Records being expanded, outermost first.
    open: Vec<RtCkId>,
    steps: usize,
}

impl Expansion<'_> {
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
        if self.columns.len() >= MAX_COLUMNS {
            return Err(ColumnError::TooMany(self.node.id.clone()));
        }
        self.columns.push(Column {
            path,
            value_type: match in_list {
                true => ValueType::RecordArray,
                false => attribute.value_type,
            },
            description: attribute.description.clone(),
            attribute: Some(attribute.clone()),
        });
        Ok(())
    }
}
