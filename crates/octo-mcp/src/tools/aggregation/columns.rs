//! The columns of an aggregation as callers write them (spec, runtime 2.1, 2.11, 2.12).

use octo_runtime::{AggregationQuery, Function};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::reply::Failure;

/// A figure to compute.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AggregationColumn {
    /// What to compute.
    #[serde(default)]
    function: FunctionName,
    /// Attribute or path whose values count: power, address.height, readings[*].value, also of all
    /// associated entities: children.Basic/Meter->power, children.Basic/Meter::totalCount. Only
    /// count can do without: it then counts entities.
    #[serde(default)]
    attribute_path: Option<String>,
    /// Name of the figure in the row; default: function and path, as in avg_address_height.
    #[serde(default)]
    alias: Option<String>,
}

// In this order: the numbers of the original are positions.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum FunctionName {
    #[default]
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl FunctionName {
    fn function(self) -> Function {
        match self {
            Self::Count => Function::Count,
            Self::Sum => Function::Sum,
            Self::Avg => Function::Average,
            Self::Min => Function::Minimum,
            Self::Max => Function::Maximum,
        }
    }
}

/// Columns and group-by paths that fit together.
pub(super) struct Columns {
    columns: Vec<Column>,
    group_by: Vec<String>,
}

/// A figure under its name.
pub(super) struct Column {
    pub(super) function: Function,
    pub(super) path: Option<String>,
    pub(super) name: String,
}

impl Columns {
    /// Reads columns and, when there are to be groups, their paths.
    ///
    /// # Errors
    /// Everything that is wrong with them, one line each.
    pub(super) fn read(
        aggregations: Vec<AggregationColumn>,
        group_by: Option<Vec<String>>,
    ) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        if aggregations.is_empty() {
            problems.push("At least one aggregation column is required.".to_owned());
        }
        let mut columns: Vec<Column> = Vec::with_capacity(aggregations.len());
        for (at, given) in aggregations.into_iter().enumerate() {
            let function = given.function.function();
            let path = given.attribute_path.filter(|path| !path.trim().is_empty());
            if path.is_none() && function != Function::Count {
                problems.push(format!(
                    "aggregations[{at}].attributePath is required for function '{}'. Only 'count' may omit the path.",
                    function.name()
                ));
                continue;
            }
            let alias = given.alias.filter(|alias| !alias.trim().is_empty());
            let name = alias.unwrap_or_else(|| default_name(function, path.as_deref()));
            if columns.iter().any(|column| is_same(&column.name, &name)) {
                problems.push(format!(
                    "Duplicate alias '{name}' in aggregations[{at}]. Set the 'alias' property explicitly to disambiguate."
                ));
            }
            columns.push(Column {
                function,
                path,
                name,
            });
        }
        if let Some(paths) = &group_by {
            check_paths(paths, &mut problems);
        }
        if !problems.is_empty() {
            return Err(Failure::new(problems.join("\n")));
        }
        Ok(Self {
            columns,
            group_by: group_by.unwrap_or_default(),
        })
    }

    /// All paths that are read.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().filter_map(|c| c.path.as_deref());
        columns.chain(self.group_by.iter().map(String::as_str))
    }

    /// Asks for the columns.
    pub(super) fn add_to(&self, query: AggregationQuery) -> AggregationQuery {
        let query = self
            .columns
            .iter()
            .fold(query, |query, column| match &column.path {
                Some(path) => query.column(column.function, path),
                None => query.count(),
            });
        let paths = self.group_by.iter();
        paths.fold(query, |query, path| query.group_by(path))
    }

    /// Names of the members of a row: figures, then keys.
    pub(super) fn names(&self) -> Vec<String> {
        let figures = self.columns.iter().map(|column| column.name.clone());
        figures.chain(self.group_by.iter().cloned()).collect()
    }
}

/// The name of a figure without alias.
pub(super) fn default_name(function: Function, path: Option<&str>) -> String {
    match path {
        None => function.name().to_owned(),
        Some(path) => format!("{}_{}", function.name(), path.replace('.', "_")),
    }
}

fn check_paths(paths: &[String], problems: &mut Vec<String>) {
    if paths.is_empty() {
        problems.push("groupByAttributePaths must contain at least one path.".to_owned());
    }
    if paths.iter().any(|path| path.trim().is_empty()) {
        problems.push("groupByAttributePaths contains an empty entry.".to_owned());
    }
    for (at, path) in paths.iter().enumerate() {
        let is_repeated = paths.iter().take(at).any(|other| is_same(other, path));
        if is_repeated && !path.trim().is_empty() {
            problems.push(format!("Duplicate group-by path '{path}'."));
        }
    }
}

fn is_same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}
