//! Stored queries: entities of `System/PersistentQuery` and what they ask for (spec 12).
//!
//! A stored query names a type, conditions that must all hold, searches, and what is wanted of the
//! matches: entities with chosen columns in a sort order, figures over all of them, or figures in
//! groups. Columns may lead over associations; entities that have nothing there are left out unless
//! its navigation filter mode includes them. What kind it is follows from its type; types that models derive from the three kinds
//! count as their base.

use octo_ck::{RtCkId, TypeGraph};

use crate::aggregation::{AggregationColumn, AggregationQuery, Function};
use crate::attributes::Attributes;
use crate::criteria::{Criteria, FieldFilter, Operand, Operator};
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::query::{AttributeSearch, EntityQuery, NavigationFilterMode, SortOrder, TextQuery};
use crate::value::{Record, Value};

/// Base type of all stored queries.
pub const PERSISTENT_QUERY: &str = "System/PersistentQuery";

/// What a stored query asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct PersistedQuery {
    /// Kind of query, as callers know it: `RtSimpleRtQuery` and so on.
    pub subtype: String,
    /// Type whose entities are asked for.
    pub ck_type: String,
    /// Which of them: conditions, searches and sort order.
    pub entities: EntityQuery,
    /// Paths that matches are found, sorted or computed by, other than those of its conditions.
    pub paths: Vec<String>,
    /// What is wanted of the matches.
    pub wanted: Wanted,
}

/// What a stored query wants of its matches.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// Entities with these columns; none: with all attributes.
    Entities(Vec<String>),
    /// Figures over all matches.
    Figures(Vec<AggregationColumn>),
    /// Figures of each group.
    Groups(Vec<AggregationColumn>, Vec<String>),
}

/// Why a stored query cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum PersistedQueryError {
    /// Not one of the kinds that ask for entities.
    #[error("Unknown persisted query subtype: {0}")]
    UnknownSubtype(String),
    /// Groups without columns that make them.
    #[error("Persisted grouping aggregation query has no GroupingColumns.")]
    NoGroupingColumns,
    /// A function that works on time series only, or on nothing.
    #[error("Unknown CK aggregation type: {0}")]
    UnknownFunction(String),
    /// Something else is missing or wrong, one line each.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

impl From<PersistedQueryError> for RuntimeError {
    fn from(error: PersistedQueryError) -> Self {
        Self::InvalidQuery(vec![error.to_string()])
    }
}

/// Kind of the stored query `entity`, as callers know it.
pub fn subtype(graph: &TypeGraph, entity: &Entity) -> String {
    let is_known = |id: &&RtCkId| id.model() == "System";
    let node = graph.type_node(&entity.ck_type_id);
    let bases = node.map_or(&[][..], |node| node.bases.as_slice());
    let mut lineage = std::iter::once(&entity.ck_type_id).chain(bases);
    let known = lineage.find(is_known).unwrap_or(&entity.ck_type_id);
    format!("Rt{}", known.element().name())
}

impl PersistedQuery {
    /// Reads a stored query.
    ///
    /// # Errors
    /// [`PersistedQueryError`] when it is of another kind or incomplete.
    pub fn read(graph: &TypeGraph, entity: &Entity) -> Result<Self, PersistedQueryError> {
        let reader = Reader {
            graph,
            attributes: &entity.attributes,
        };
        let subtype = subtype(graph, entity);
        let wanted = match subtype.as_str() {
            "RtSimpleRtQuery" => Wanted::Entities(filled(entity.attributes.strings("Columns"))),
            "RtAggregationRtQuery" => Wanted::Figures(reader.figures()?),
            "RtGroupingAggregationRtQuery" => {
                let paths = filled(entity.attributes.strings("GroupingColumns"));
                if paths.is_empty() {
                    return Err(PersistedQueryError::NoGroupingColumns);
                }
                Wanted::Groups(reader.figures()?, paths)
            }
            _ => return Err(PersistedQueryError::UnknownSubtype(subtype)),
        };
        reader.query(subtype, wanted)
    }

    /// Its figures over the matches that also meet `extra`; `None` when it asks for entities.
    pub fn aggregation(&self, extra: Criteria) -> Option<AggregationQuery> {
        let (columns, paths) = match &self.wanted {
            Wanted::Entities(_) => return None,
            Wanted::Figures(columns) => (columns, &[][..]),
            Wanted::Groups(columns, paths) => (columns, paths.as_slice()),
        };
        let query = AggregationQuery::over(self.entities.clone().filter(extra));
        let query = columns
            .iter()
            .fold(query, |query, column| match &column.path {
                Some(path) => query.column(column.function, path),
                None => query.count(),
            });
        let paths = paths.iter();
        Some(paths.fold(query, |query, path| query.group_by(path)))
    }
}

struct Reader<'e> {
    graph: &'e TypeGraph,
    attributes: &'e Attributes,
}

impl Reader<'_> {
    fn query(
        &self,
        subtype: String,
        wanted: Wanted,
    ) -> Result<PersistedQuery, PersistedQueryError> {
        let mut problems = Vec::new();
        let ck_type = text(self.attributes, "QueryCkTypeId").unwrap_or_else(|| {
            problems.push("The persisted query names no type: QueryCkTypeId is empty.".to_owned());
            String::new()
        });
        let mut paths = paths_of(&wanted);
        let mut entities = EntityQuery::of(&ck_type).filter(self.conditions(&mut problems));
        for (path, order) in self.sorting() {
            entities = entities.sort(&path, order);
            paths.push(path);
        }
        if self.navigation_filter_mode(&mut problems) == NavigationFilterMode::Filter {
            entities = entities.reaching(columns_of(&wanted));
        }
        if let Some(words) = self.search_value("TextSearchFilter") {
            entities = entities.text(TextQuery {
                text: words,
                language: None,
            });
        }
        if let Some(value) = self.search_value("AttributeSearchFilter") {
            let searched = self.searched_paths();
            paths.extend(searched.iter().cloned());
            entities = entities.search(AttributeSearch {
                paths: searched,
                value,
            });
        }
        if !problems.is_empty() {
            return Err(PersistedQueryError::Invalid(problems));
        }
        Ok(PersistedQuery {
            subtype,
            ck_type,
            entities,
            paths,
            wanted,
        })
    }

    /// The conditions, each named by its place.
    fn conditions(&self, problems: &mut Vec<String>) -> Criteria {
        let mut parts = Vec::new();
        for (at, record) in self.records("FieldFilter").iter().enumerate() {
            let attributes = &record.attributes;
            let Some(path) = text(attributes, "AttributePath") else {
                continue;
            };
            let place = format!("FieldFilter[{at}]");
            let number = attributes.i32("Operator").unwrap_or_default();
            let Some(operator) = Operator::from_number(number) else {
                problems.push(format!("{place}: Operator '{number}' is not supported."));
                continue;
            };
            let value = attributes.str("ComparisonValue");
            let condition = FieldFilter {
                path,
                operator,
                value: value.map_or(Operand::Null, |text| Operand::Json(text.into())),
                second: None,
            };
            parts.push(Criteria::Field(condition).named(place));
        }
        Criteria::All(parts)
    }

    /// What columns over associations do to entities; without a mode what the model says.
    fn navigation_filter_mode(&self, problems: &mut Vec<String>) -> NavigationFilterMode {
        match self.attributes.i32("NavigationFilterMode") {
            None => NavigationFilterMode::default(),
            Some(0) => NavigationFilterMode::Filter,
            Some(1) => NavigationFilterMode::Include,
            Some(other) => {
                problems.push(format!("NavigationFilterMode '{other}' is not supported."));
                NavigationFilterMode::Include
            }
        }
    }

    fn sorting(&self) -> Vec<(String, SortOrder)> {
        let records = self.records("Sorting").iter();
        records
            .filter_map(|record| {
                let order = match record.attributes.i32("SortOrder") {
                    Some(1) => SortOrder::Ascending,
                    Some(2) => SortOrder::Descending,
                    _ => return None,
                };
                Some((text(&record.attributes, "AttributePath")?, order))
            })
            .collect()
    }

    /// What a search looks for, if it is set.
    fn search_value(&self, name: &str) -> Option<String> {
        match self.attributes.get(name) {
            Some(Value::Record(record)) => text(&record.attributes, "SearchValue"),
            _ => None,
        }
    }

    fn searched_paths(&self) -> Vec<String> {
        match self.attributes.get("AttributeSearchFilter") {
            Some(Value::Record(record)) => filled(record.attributes.strings("AttributePaths")),
            _ => Vec::new(),
        }
    }

    fn figures(&self) -> Result<Vec<AggregationColumn>, PersistedQueryError> {
        let mut columns = Vec::new();
        for record in self.records("Columns") {
            let function = self.function(&record.attributes)?;
            let path = text(&record.attributes, "AttributePath");
            if path.is_none() && function != Function::Count {
                return Err(PersistedQueryError::Invalid(vec![format!(
                    "Function '{}' of the persisted query needs an AttributePath.",
                    function.name()
                )]));
            }
            columns.push(AggregationColumn { function, path });
        }
        if columns.is_empty() {
            return Err(PersistedQueryError::Invalid(vec![
                "The persisted query has no Columns.".to_owned(),
            ]));
        }
        Ok(columns)
    }

    fn function(&self, column: &Attributes) -> Result<Function, PersistedQueryError> {
        let key = column.i32("AggregationType").unwrap_or_default();
        let id = "System/AggregationTypes".parse().ok();
        let node = id.and_then(|id: RtCkId| self.graph.enum_node(&id));
        let name = node.and_then(|node| node.name_of(key));
        Ok(match name {
            Some("Count") => Function::Count,
            Some("Sum") => Function::Sum,
            Some("Average" | "Avg") => Function::Average,
            Some("Minimum" | "Min") => Function::Minimum,
            Some("Maximum" | "Max") => Function::Maximum,
            Some(other) => return Err(PersistedQueryError::UnknownFunction(other.to_owned())),
            None => return Err(PersistedQueryError::UnknownFunction(key.to_string())),
        })
    }

    fn records(&self, name: &str) -> &[Record] {
        match self.attributes.get(name) {
            Some(Value::RecordArray(records)) => records,
            _ => &[],
        }
    }
}

fn filled(texts: &[String]) -> Vec<String> {
    let texts = texts.iter().filter(|text| !text.trim().is_empty());
    texts.cloned().collect()
}

fn text(attributes: &Attributes, name: &str) -> Option<String> {
    let text = attributes.str(name)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn paths_of(wanted: &Wanted) -> Vec<String> {
    match wanted {
        Wanted::Entities(_) => Vec::new(),
        figures => columns_of(figures),
    }
}

/// The paths whose values are shown, grouped by or computed with.
fn columns_of(wanted: &Wanted) -> Vec<String> {
    let (columns, keys) = match wanted {
        Wanted::Entities(columns) => return columns.clone(),
        Wanted::Figures(columns) => (columns.as_slice(), &[][..]),
        Wanted::Groups(columns, paths) => (columns.as_slice(), paths.as_slice()),
    };
    let columns = columns.iter().filter_map(|column| column.path.clone());
    columns.chain(keys.iter().cloned()).collect()
}
