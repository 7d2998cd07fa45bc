//! From operators and operands to tests on one field (spec 6.2).

use super::filters::not_criteria;
use super::operands::{self, Target};
use crate::criteria::{FieldFilter, Operator};
use crate::store::{Comparison, Field, Filter, Link, SystemField, Test};
use crate::value::Value;

/// The test of a condition on a field.
pub(super) fn scalar(
    field: Field,
    target: &Target<'_>,
    condition: &FieldFilter,
    operator: Operator,
) -> Result<Filter, String> {
    let value = &condition.value;
    let one = || target.one(&condition.path, value);
    let test = match operator {
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
            let pattern = operands::pattern(operator, value)?;
            if !target.is_text() {
                return Ok(nothing());
            }
            Test::Matches(pattern)
        }
        Operator::Match => return Err(not_criteria(value)),
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

/// The condition on `nav.Type::totalCount`.
pub(super) fn counted(link: Link, condition: &FieldFilter) -> Result<Filter, String> {
    let target = Target::Count;
    let field = Field::System(SystemField::Version);
    let filter = scalar(field, &target, condition, condition.operator)?;
    counts(&link, filter).ok_or_else(|| {
        format!(
            "Operator '{}' cannot be applied to '{}': it is a number that is never missing.",
            condition.operator.name(),
            condition.path
        )
    })
}

/// The same tests, on the number of far ends.
fn counts(link: &Link, filter: Filter) -> Option<Filter> {
    Some(match filter {
        Filter::Field(_, Test::IsNull) | Filter::Field(_, Test::IsNotNull) => return None,
        Filter::Field(_, test) => Filter::LinkCount(link.clone(), test),
        Filter::All(parts) => Filter::All(
            parts
                .into_iter()
                .map(|part| counts(link, part))
                .collect::<Option<_>>()?,
        ),
        other => other,
    })
}

/// The condition on `nav.Type::exists`.
pub(super) fn existing(link: Link, condition: &FieldFilter) -> Result<Filter, String> {
    let wanted = match (
        condition.operator,
        Target::Flag.one(&condition.path, &condition.value)?,
    ) {
        (Operator::Equals, Some(Value::Boolean(wanted))) => wanted,
        (Operator::NotEquals, Some(Value::Boolean(unwanted))) => !unwanted,
        _ => {
            return Err(format!(
                "'{}' can only be compared with true or false by Equals or NotEquals.",
                condition.path
            ));
        }
    };
    let exists = Filter::Linked(link, Box::new(Filter::everything()));
    Ok(match wanted {
        true => exists,
        false => Filter::Not(Box::new(exists)),
    })
}
