//! From criteria to filters (spec 6.2 to 6.8).

use octo_ck::TypeGraph;
use octo_ck::graph::{AttributeNode, TypeNode};
use octo_ck::model::ValueType;

use super::conditions::{counted, existing, scalar};
use super::fields::{self, Location, Owner};
use super::operands::{self, Target};
use crate::criteria::{Criteria, FieldFilter, Operand, Operator};
use crate::path::Term;
use crate::path::navigation::{self, PathEnd};
use crate::store::{Field, FieldPath, Filter, Link, PathIndex, PathStep, Test};

const MAX_DEPTH: usize = 32;
const MAX_CONDITIONS: usize = 1_000;
/// Fields of a record named in a problem.
const MAX_NAMED_FIELDS: usize = 10;

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
pub(super) struct Resolver<'g, 'c> {
    pub(super) graph: &'g TypeGraph,
    pub(super) owner: Owner<'g>,
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
        let path = navigation::read(&condition.path).map_err(|error| error.to_string())?;
        if path.hops.is_empty() {
            return match &path.end {
                PathEnd::Value(terms) => self.value(terms, condition, condition.operator, depth),
                _ => Err(format!(
                    "Attribute path '{}' cannot be resolved.",
                    condition.path
                )),
            };
        }
        let (mut links, far) = self.links(&path.hops)?;
        match &path.end {
            PathEnd::TotalCount | PathEnd::Exists => {
                let Some(last) = links.pop() else {
                    return Err(format!(
                        "Attribute path '{}' cannot be resolved.",
                        condition.path
                    ));
                };
                let filter = match path.end {
                    PathEnd::TotalCount => counted(last, condition)?,
                    _ => existing(last, condition)?,
                };
                Ok(super::navigation::linked(links, filter))
            }
            PathEnd::Entities => {
                let Operand::Criteria(criteria) = &condition.value else {
                    return Err(not_criteria(&condition.value));
                };
                let filter = self.inside(Owner::Type(far), criteria, depth);
                Ok(super::navigation::linked(links, filter))
            }
            PathEnd::Value(terms) => self.far_value(links, far, terms, condition, depth),
        }
    }

    /// A condition on a value of far ends. Several far ends are like the elements of a list: one
    /// that meets the condition is enough, negated conditions must hold for all, and without any
    /// the value is missing.
    fn far_value(
        &mut self,
        links: Vec<Link>,
        far: &'g TypeNode,
        terms: &[Term],
        condition: &'c FieldFilter,
        depth: usize,
    ) -> Result<Filter, String> {
        let is_null = operands::is_null(&condition.value);
        let (operator, is_negated) = match condition.operator {
            Operator::NotEquals if is_null => (Operator::IsNull, true),
            Operator::NotEquals => (Operator::Equals, true),
            Operator::NotIn => (Operator::In, true),
            Operator::IsNotNull => (Operator::IsNull, true),
            other => (other, false),
        };
        let outer = std::mem::replace(&mut self.owner, Owner::Type(far));
        let inner = self.value(terms, condition, operator, depth);
        self.owner = outer;
        let inner = inner?;
        let holds_for_missing = matches!(
            &inner,
            Filter::Field(_, Test::IsNull | Test::In { or_null: true, .. })
        );
        let mut filter = super::navigation::linked(links.clone(), inner);
        if holds_for_missing {
            let any = super::navigation::linked(links, Filter::everything());
            filter = Filter::Any(vec![Filter::Not(Box::new(any)), filter]);
        }
        Ok(match is_negated {
            true => Filter::Not(Box::new(filter)),
            false => filter,
        })
    }

    fn inside(&mut self, owner: Owner<'g>, criteria: &'c Criteria, depth: usize) -> Filter {
        let outer = std::mem::replace(&mut self.owner, owner);
        let filter = self.criteria(criteria, depth + 1);
        self.owner = outer;
        filter
    }

    fn value(
        &mut self,
        terms: &[Term],
        condition: &'c FieldFilter,
        operator: Operator,
        depth: usize,
    ) -> Result<Filter, String> {
        match fields::locate_terms(self.graph, self.owner, terms, &condition.path)? {
            Location::System(field) => {
                let target = Target::System(field);
                scalar(Field::System(field), &target, condition, operator)
            }
            Location::Attribute { steps, attribute } => {
                self.attribute(steps, attribute, condition, operator, depth)
            }
        }
    }

    fn attribute(
        &mut self,
        mut steps: Vec<PathStep>,
        attribute: &'g AttributeNode,
        condition: &'c FieldFilter,
        operator: Operator,
        depth: usize,
    ) -> Result<Filter, String> {
        let is_null_test = asks_for_null(condition, operator);
        let is_whole_list = operands::is_whole_list(attribute, &steps, operator, &condition.value);
        if !is_null_test && !is_whole_list {
            open_list(&mut steps, attribute);
        }
        let value_type = fields::element_type(attribute, &steps);
        let field = |steps| Field::Attribute(FieldPath { steps, value_type });
        if operator == Operator::Match {
            let test = self.element_test(attribute, condition, depth)?;
            return Ok(Filter::Field(field(steps), test));
        }
        if !is_null_test && !can_be_tested(value_type, operator) {
            return Err(self.composite_problem(attribute, value_type, &condition.path));
        }
        let target = Target::Attribute {
            graph: self.graph,
            attribute,
            value_type,
        };
        scalar(field(steps), &target, condition, operator)
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
                let filter = self.inside(Owner::Record(record), criteria, depth);
                Ok(Test::AnyElement(Box::new(filter)))
            }
            (_, value) => Err(not_criteria(value)),
        }
    }

    fn composite_problem(
        &self,
        attribute: &AttributeNode,
        value_type: ValueType,
        path: &str,
    ) -> String {
        if !matches!(value_type, ValueType::Record | ValueType::RecordArray) {
            return format!(
                "Attribute '{path}' of type {value_type:?} has no order and is no text: test it with Equals, NotEquals, In, NotIn or for being null."
            );
        }
        let record = fields::record(self.graph, attribute);
        let fields = record.map_or(&[][..], |record| record.attributes.as_slice());
        let mut names = fields
            .iter()
            .map(|field| format!("{path}.{}", field.camel_name));
        let names: Vec<_> = names.by_ref().take(MAX_NAMED_FIELDS).collect();
        format!(
            "Cannot filter on a Record attribute directly — a Record attribute holds a composite object, not a scalar value. Filter on a record sub-field using dot notation instead, e.g. 'Vendor.CompanyName' or 'Vendor.LastName'. (Fields here: {}.)",
            names.join(", ")
        )
    }
}

pub(super) fn not_criteria(value: &Operand) -> String {
    format!(
        "Match filter value '{}' is not supported.",
        operands::shown(value)
    )
}

fn can_be_tested(value_type: ValueType, operator: Operator) -> bool {
    let is_equality = matches!(
        operator,
        Operator::Equals | Operator::NotEquals | Operator::AnyEq | Operator::In | Operator::NotIn
    );
    match value_type {
        ValueType::Record | ValueType::RecordArray => false,
        ValueType::BinaryLinked | ValueType::GeospatialPoint => is_equality,
        _ => true,
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

fn asks_for_null(condition: &FieldFilter, operator: Operator) -> bool {
    let is_equality = matches!(
        operator,
        Operator::Equals | Operator::NotEquals | Operator::AnyEq
    );
    matches!(operator, Operator::IsNull | Operator::IsNotNull)
        || (is_equality && operands::is_null(&condition.value))
}
