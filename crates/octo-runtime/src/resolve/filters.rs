//! From criteria to filters (spec 6.2 to 6.8).

use octo_ck::TypeGraph;
use octo_ck::graph::{AttributeNode, TypeNode};
use octo_ck::model::ValueType;

use super::fields::{self, Location, Owner};
use super::operands::{self, Target};
use crate::criteria::{Criteria, FieldFilter, Operand, Operator};
use crate::store::{Comparison, Field, FieldPath, Filter, PathIndex, PathStep, SystemField, Test};
use crate::value::Value;

const MAX_DEPTH: usize = 32;
const MAX_CONDITIONS: usize = 1_000;

/// The filter that holds when all criteria do; adds everything that is wrong with them to
/// `problems`.
pub(super) fn resolve(
    graph: &TypeGraph,
    node: &TypeNode,
    criteria: &[Criteria],
    problems: &mut Vec<String>,
) -> Filter {
    let mut resolver = Resolver {
        graph,
        owner: Owner::Type(node),
        problems: Vec::new(),
        conditions: 0,
        names: Vec::new(),
    };
    let parts = criteria.iter().map(|part| resolver.criteria(part, 1));
    let filter = Filter::All(parts.collect());
    problems.extend(resolver.finish());
    filter
}

/// Resolves criteria; collects problems instead of stopping at the first.
struct Resolver<'g, 'c> {
    graph: &'g TypeGraph,
    owner: Owner<'g>,
    problems: Vec<(Option<&'c str>, String)>,
    conditions: usize,
    /// Names of the parts around the current one, outermost first.
    names: Vec<&'c str>,
}

impl<'g, 'c> Resolver<'g, 'c> {
    /// The problems found; the name of a part tells nothing when there is only one.
    fn finish(mut self) -> impl Iterator<Item = String> {
        if self.conditions > MAX_CONDITIONS {
            let problem = format!("A filter may have at most {MAX_CONDITIONS} conditions.");
            self.problems.push((None, problem));
        }
        let is_single = self.conditions == 1;
        let problems = self.problems.into_iter();
        problems.map(move |(name, problem)| match name {
            Some(name) if !is_single => format!("{name}: {problem}"),
            _ => problem,
        })
    }

    fn report(&mut self, problem: String) {
        // One name says it all: it contains those of the parts around.
        self.problems.push((self.names.last().copied(), problem));
    }

    fn criteria(&mut self, mut criteria: &'c Criteria, depth: usize) -> Filter {
        if depth > MAX_DEPTH {
            let problem = format!("A filter may be nested at most {MAX_DEPTH} levels deep.");
            if self.problems.iter().all(|(_, known)| *known != problem) {
                self.problems.push((None, problem));
            }
            return Filter::everything();
        }
        let outer = self.names.len();
        while let Criteria::Named(name, part) = criteria {
            self.names.push(name);
            criteria = part;
        }
        let filter = self.part(criteria, depth);
        self.names.truncate(outer);
        filter
    }

    fn part(&mut self, criteria: &'c Criteria, depth: usize) -> Filter {
        let mut each = |parts: &'c [Criteria]| {
            let parts = parts.iter().map(|part| self.criteria(part, depth + 1));
            parts.collect()
        };
        match criteria {
            Criteria::All(parts) => Filter::All(each(parts)),
            // Empty levels add nothing.
            Criteria::Any(parts) if parts.is_empty() => Filter::everything(),
            Criteria::Any(parts) => Filter::Any(each(parts)),
            Criteria::Field(condition) => {
                self.conditions += 1;
                self.field(condition, depth).unwrap_or_else(|problem| {
                    self.report(problem);
                    Filter::everything()
                })
            }
            Criteria::Named(_, part) => self.criteria(part, depth + 1),
        }
    }

    fn field(&mut self, condition: &'c FieldFilter, depth: usize) -> Result<Filter, String> {
        match fields::locate(self.graph, self.owner, &condition.path)? {
            Location::System(field) => {
                let target = Target::System(field);
                scalar(Field::System(field), &target, condition)
            }
            Location::Attribute { steps, attribute } => {
                self.attribute(steps, attribute, condition, depth)
            }
        }
    }

    fn attribute(
        &mut self,
        mut steps: Vec<PathStep>,
        attribute: &'g AttributeNode,
        condition: &'c FieldFilter,
        depth: usize,
    ) -> Result<Filter, String> {
        let is_null_test = asks_for_null(condition);
        if !is_null_test {
            open_list(&mut steps, attribute);
        }
        let value_type = fields::element_type(attribute, &steps);
        let field = |steps| Field::Attribute(FieldPath { steps, value_type });
        if condition.operator == Operator::Match {
            let test = self.element_test(attribute, condition, depth)?;
            return Ok(Filter::Field(field(steps), test));
        }
        let is_composite = matches!(
            value_type,
            ValueType::Record
                | ValueType::RecordArray
                | ValueType::BinaryLinked
                | ValueType::GeospatialPoint
        );
        if is_composite && !is_null_test {
            return Err(composite_problem(attribute, &condition.path));
        }
        let target = Target::Attribute {
            graph: self.graph,
            attribute,
            value_type,
        };
        scalar(field(steps), &target, condition)
    }

    fn element_test(
        &mut self,
        attribute: &'g AttributeNode,
        condition: &'c FieldFilter,
        depth: usize,
    ) -> Result<Test, String> {
        let record = match attribute.value_type {
            ValueType::RecordArray => fields::record(self.graph, attribute),
            _ => None,
        };
        match (record, &condition.value) {
            (Some(record), Operand::Criteria(criteria)) => {
                let outer = std::mem::replace(&mut self.owner, Owner::Record(record));
                let filter = self.criteria(criteria, depth + 1);
                self.owner = outer;
                Ok(Test::AnyElement(Box::new(filter)))
            }
            (_, value) => Err(format!(
                "Match filter value '{}' is not supported.",
                operands::shown(value)
            )),
        }
    }
}

/// Tests on a list look at its elements.
fn open_list(steps: &mut [PathStep], attribute: &AttributeNode) {
    let is_list = matches!(
        attribute.value_type,
        ValueType::StringArray | ValueType::IntArray | ValueType::RecordArray
    );
    if let Some(last) = steps.last_mut()
        && is_list
        && last.index == PathIndex::Whole
    {
        last.index = PathIndex::Any;
    }
}

fn asks_for_null(condition: &FieldFilter) -> bool {
    let is_equality = matches!(
        condition.operator,
        Operator::Equals | Operator::NotEquals | Operator::AnyEq
    );
    matches!(condition.operator, Operator::IsNull | Operator::IsNotNull)
        || (is_equality && operands::is_null(&condition.value))
}

fn composite_problem(attribute: &AttributeNode, path: &str) -> String {
    match attribute.value_type {
        ValueType::Record | ValueType::RecordArray => "Cannot filter on a Record attribute directly — a Record attribute holds a composite object, not a scalar value. Filter on a record sub-field using dot notation instead, e.g. 'Vendor.CompanyName' or 'Vendor.LastName'.".to_owned(),
        other => format!("Attribute '{path}' of type {other:?} can only be tested for being null."),
    }
}

fn scalar(field: Field, target: &Target<'_>, condition: &FieldFilter) -> Result<Filter, String> {
    let value = &condition.value;
    let one = || target.one(&condition.path, value);
    let test = match condition.operator {
        Operator::IsNull => Test::IsNull,
        Operator::IsNotNull => Test::IsNotNull,
        Operator::Equals | Operator::AnyEq => one()?.map_or(Test::IsNull, Test::Equals),
        Operator::NotEquals => one()?.map_or(Test::IsNotNull, Test::NotEquals),
        Operator::LessThan => return compare(field, Comparison::Less, one()?),
        Operator::LessEqualThan => return compare(field, Comparison::LessOrEqual, one()?),
        Operator::GreaterThan => return compare(field, Comparison::Greater, one()?),
        Operator::GreaterEqualThan => return compare(field, Comparison::GreaterOrEqual, one()?),
        Operator::Between => {
            let (low, high) = target.bounds(condition)?;
            return Ok(Filter::All(vec![
                compare(field.clone(), Comparison::GreaterOrEqual, low)?,
                compare(field, Comparison::LessOrEqual, high)?,
            ]));
        }
        Operator::In => {
            let (values, or_null) = target.list(condition)?;
            Test::In { values, or_null }
        }
        Operator::NotIn => {
            let (values, or_null) = target.list(condition)?;
            Test::NotIn { values, or_null }
        }
        Operator::Like
        | Operator::AnyLike
        | Operator::MatchRegEx
        | Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith => {
            let pattern = operands::pattern(condition.operator, value)?;
            if !target.is_text() {
                return Ok(nothing());
            }
            Test::Matches(pattern)
        }
        Operator::Match => {
            return Err(format!(
                "Match filter value '{}' is not supported.",
                operands::shown(value)
            ));
        }
    };
    Ok(Filter::Field(field, test))
}

// Missing values are ordered towards nothing.
fn compare(field: Field, comparison: Comparison, value: Option<Value>) -> Result<Filter, String> {
    if let (Field::System(SystemField::CkTypeId | SystemField::State), _) = (&field, &value) {
        return Err("'ckTypeId' and 'rtState' have no order: use Equals or In.".to_owned());
    }
    Ok(value.map_or_else(nothing, |value| {
        Filter::Field(field, Test::Compare(comparison, value))
    }))
}

fn nothing() -> Filter {
    Filter::Any(Vec::new())
}
