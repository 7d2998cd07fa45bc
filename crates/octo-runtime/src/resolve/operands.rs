//! From operands to typed values, lists and patterns (spec 6.3, 6.4, 6.6).

use jiff::{SignedDuration, Span, Timestamp, Zoned};
use octo_ck::graph::AttributeNode;
use octo_ck::model::ValueType;
use octo_ck::{RtCkId, TypeGraph};
use serde_json::Value as Json;

use crate::criteria::{FieldFilter, Operand, Operator};
use crate::entity::RtState;
use crate::rt_id::RtId;
use crate::store::SystemField;
use crate::value::Value;
use crate::value::coerce::{Coercion, Slot};

const MAX_PATTERN_LENGTH: usize = 1_000;
const MAX_LIST_LENGTH: usize = 10_000;
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// What operands are converted for.
pub(super) enum Target<'g> {
    System(SystemField),
    Attribute {
        graph: &'g TypeGraph,
        attribute: &'g AttributeNode,
        value_type: ValueType,
    },
}

type Converted = Result<Option<Value>, String>;

impl Target<'_> {
    /// Whether values are text, so that patterns can match.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Self::System(field) => matches!(
                field,
                SystemField::RtId
                    | SystemField::CkTypeId
                    | SystemField::WellKnownName
                    | SystemField::DisplayName
                    | SystemField::DisplayDescription
            ),
            Self::Attribute { value_type, .. } => *value_type == ValueType::String,
        }
    }

    /// One value; `None` is null.
    pub(super) fn one(&self, path: &str, operand: &Operand) -> Converted {
        match operand {
            Operand::Null => Ok(None),
            Operand::Value(value) => self.typed(path, value),
            Operand::Json(json) => self.json(path, json),
            Operand::List(_) | Operand::Criteria(_) => Err(format!(
                "Filter on '{path}' needs one value, not '{}'.",
                shown(operand)
            )),
        }
    }

    /// The values of `In` and `NotIn`, and whether null is among them.
    pub(super) fn list(&self, condition: &FieldFilter) -> Result<(Vec<Value>, bool), String> {
        let items = items(&condition.value).ok_or_else(|| {
            format!(
                "Operator '{}' requires a list of values.",
                condition.operator.name()
            )
        })?;
        if items.len() > MAX_LIST_LENGTH {
            return Err(format!(
                "A list of values may have at most {MAX_LIST_LENGTH} entries."
            ));
        }
        let converted = items.iter().map(|item| self.one(&condition.path, item));
        let converted = converted.collect::<Result<Vec<_>, _>>()?;
        let has_null = converted.iter().any(Option::is_none);
        Ok((converted.into_iter().flatten().collect(), has_null))
    }

    /// The two values of `Between`.
    pub(super) fn bounds(
        &self,
        condition: &FieldFilter,
    ) -> Result<(Option<Value>, Option<Value>), String> {
        let one = |operand: &Operand| self.one(&condition.path, operand);
        if let Some(second) = condition.second.as_ref().filter(|second| !is_null(second)) {
            return Ok((one(&condition.value)?, one(second)?));
        }
        match items(&condition.value).as_deref() {
            Some([low, high, ..]) => Ok((one(low)?, one(high)?)),
            _ => Err("Operator 'Between' requires a secondary value to be set.".to_owned()),
        }
    }

    fn json(&self, path: &str, json: &Json) -> Converted {
        if json.is_null() {
            return Ok(None);
        }
        match self {
            Self::System(field) => system_value(*field, path, json),
            Self::Attribute {
                graph,
                attribute,
                value_type,
            } => {
                let is_date = matches!(value_type, ValueType::DateTime | ValueType::DateTimeOffset);
                if let Some(formula) = json.as_str().and_then(|t| t.trim().strip_prefix('@'))
                    && is_date
                {
                    return Ok(formula_value(formula)?.map(Value::DateTime));
                }
                let slot = Slot::of(attribute).of_type(*value_type);
                let mut coercion = Coercion::new(graph);
                let value = coercion.value(json, &slot, path);
                coercion.finish().map_err(|problems| problems.join("\n"))?;
                Ok(value)
            }
        }
    }

    fn typed(&self, path: &str, value: &Value) -> Converted {
        match self {
            Self::System(SystemField::Created | SystemField::Changed | SystemField::Archived)
                if matches!(value, Value::DateTime(_)) =>
            {
                Ok(Some(value.clone()))
            }
            Self::System(_) => self.json(path, &crate::value::stored::encode(value)),
            Self::Attribute {
                graph,
                attribute,
                value_type,
            } => {
                let slot = Slot::of(attribute).of_type(*value_type);
                let mut coercion = Coercion::new(graph);
                let value = coercion.conform(value.clone(), &slot, path);
                coercion.finish().map_err(|problems| problems.join("\n"))?;
                Ok(value)
            }
        }
    }
}

/// Whether an operand stands for null.
pub(super) fn is_null(operand: &Operand) -> bool {
    match operand {
        Operand::Null => true,
        Operand::Json(json) => json.is_null(),
        _ => false,
    }
}

/// An operand as shown in messages.
pub(super) fn shown(operand: &Operand) -> String {
    match operand {
        Operand::Null => "null".to_owned(),
        Operand::Value(value) => crate::value::coerce::shown(&crate::value::stored::encode(value)),
        Operand::Json(json) => crate::value::coerce::shown(json),
        Operand::List(items) => format!("a list of {} values", items.len()),
        Operand::Criteria(_) => "criteria".to_owned(),
    }
}

/// The regular expression of a text operator.
pub(super) fn pattern(operator: Operator, operand: &Operand) -> Result<String, String> {
    let text = match operand {
        Operand::Null => String::new(),
        Operand::Value(Value::String(text)) => text.clone(),
        Operand::Json(Json::Null) => String::new(),
        Operand::Json(Json::String(text)) => text.clone(),
        Operand::Json(json @ (Json::Number(_) | Json::Bool(_))) => json.to_string(),
        other => {
            return Err(format!(
                "Operator '{}' requires a text, not '{}'.",
                operator.name(),
                shown(other)
            ));
        }
    };
    if text.chars().count() > MAX_PATTERN_LENGTH {
        return Err(format!(
            "The text of operator '{}' may have at most {MAX_PATTERN_LENGTH} characters.",
            operator.name()
        ));
    }
    let escaped = regex::escape(&text);
    let pattern = match operator {
        Operator::StartsWith => format!("(?i)\\A{escaped}"),
        Operator::EndsWith => format!("(?i){escaped}\\z"),
        Operator::Like | Operator::AnyLike => format!("(?i){}", escaped.replace("\\*", ".*")),
        Operator::MatchRegEx => text,
        _ => format!("(?i){escaped}"),
    };
    let mut builder = regex::RegexBuilder::new(&pattern);
    match builder.size_limit(REGEX_SIZE_LIMIT).build() {
        Ok(_) => Ok(pattern),
        Err(error) => Err(format!("The regular expression cannot be used: {error}")),
    }
}

/// The elements of a list operand in any of its forms.
fn items(operand: &Operand) -> Option<Vec<Operand>> {
    match operand {
        Operand::List(items) => Some(items.clone()),
        Operand::Json(Json::Array(items)) => Some(items.iter().cloned().map(Into::into).collect()),
        Operand::Json(Json::String(text)) => Some(text_items(text)),
        Operand::Value(Value::String(text)) => Some(text_items(text)),
        Operand::Value(Value::StringArray(texts)) => {
            Some(texts.iter().map(Operand::from).collect())
        }
        Operand::Value(Value::IntArray(numbers)) => Some(
            numbers
                .iter()
                .map(|number| Operand::from(*number))
                .collect(),
        ),
        _ => None,
    }
}

// `[a, "b"]` and `a,b`; each element is converted like any text.
fn text_items(text: &str) -> Vec<Operand> {
    let bracketed = text
        .trim()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match bracketed {
        Some(inner) if inner.trim().is_empty() => Vec::new(),
        Some(inner) => inner
            .split(',')
            .map(|item| Operand::from(item.trim().trim_matches('"')))
            .collect(),
        None => text.split(',').map(Operand::from).collect(),
    }
}

fn system_value(field: SystemField, path: &str, json: &Json) -> Converted {
    let invalid = |kind: &str| {
        format!(
            "Value '{}' is not valid for attribute '{path}' of type {kind}.",
            crate::value::coerce::shown(json)
        )
    };
    let text = || json.as_str().map(str::trim);
    let value = match field {
        SystemField::RtId => {
            let id: RtId = text()
                .ok_or_else(|| invalid("RtId"))?
                .parse()
                .map_err(|error: crate::rt_id::RtIdError| error.to_string())?;
            Value::String(id.to_string())
        }
        SystemField::CkTypeId => {
            let id = text().and_then(|text| text.parse::<RtCkId>().ok());
            Value::String(id.ok_or_else(|| invalid("CkTypeId"))?.to_string())
        }
        SystemField::WellKnownName | SystemField::DisplayName | SystemField::DisplayDescription => {
            Value::String(text().ok_or_else(|| invalid("String"))?.to_owned())
        }
        SystemField::Version => {
            let number = json.as_i64().or_else(|| text()?.parse().ok());
            Value::Int64(number.ok_or_else(|| invalid("Int64"))?)
        }
        SystemField::State => Value::Int64(state(json).ok_or_else(|| invalid("RtState"))?),
        SystemField::Created | SystemField::Changed | SystemField::Archived => {
            let text = text().ok_or_else(|| invalid("DateTime"))?;
            if let Some(formula) = text.strip_prefix('@') {
                return Ok(formula_value(formula)?.map(Value::DateTime));
            }
            let parsed = crate::value::instants::parse(text).ok_or_else(|| invalid("DateTime"))?;
            Value::DateTime(parsed.instant)
        }
    };
    Ok(Some(value))
}

fn state(json: &Json) -> Option<i64> {
    let named = |text: &str| match text.to_ascii_lowercase().as_str() {
        "active" | "0" => Some(RtState::Active as i64),
        "archived" | "1" => Some(RtState::Archived as i64),
        _ => None,
    };
    match json {
        Json::String(text) => named(text.trim()),
        other => other.as_i64().filter(|number| (0..=1).contains(number)),
    }
}

/// `now(minutes)`, `startOfDay(days)` and `null`, the formulas of date filters.
fn formula_value(formula: &str) -> Result<Option<Timestamp>, String> {
    let formula = formula.trim();
    if formula == "null" {
        return Ok(None);
    }
    let cannot = || format!("Term '@{formula}' cannot be evaluated by formula.");
    let (function, argument) = formula
        .strip_suffix(')')
        .and_then(|call| call.split_once('('))
        .ok_or_else(cannot)?;
    let argument: f64 = argument.trim().parse().map_err(|_| cannot())?;
    let instant = match function.trim() {
        "now" => offset_minutes(argument),
        "startOfDay" => start_of_day(argument),
        _ => None,
    };
    instant.map(Some).ok_or_else(cannot)
}

fn offset_minutes(minutes: f64) -> Option<Timestamp> {
    let offset = SignedDuration::try_from_secs_f64(minutes * 60.0).ok()?;
    Timestamp::now().checked_add(offset).ok()
}

fn start_of_day(days: f64) -> Option<Timestamp> {
    if days.fract() != 0.0 || days.abs() > 1e6 {
        return None;
    }
    let today = Zoned::now().start_of_day().ok()?;
    let day = today
        .checked_add(Span::new().try_days(days as i64).ok()?)
        .ok()?;
    Some(day.timestamp())
}
