//! From operands to typed values, lists and patterns (spec 6.3, 6.4, 6.6).

use octo_ck::graph::AttributeNode;
use octo_ck::model::ValueType;
use octo_ck::{RtCkId, TypeGraph};
use serde_json::Value as Json;

use super::formulas;
use crate::criteria::{FieldFilter, Operand, Operator};
use crate::entity::RtState;
use crate::rt_id::RtId;
use crate::store::{PathIndex, PathStep, SystemField};
use crate::value::coerce::{Coercion, Slot};
use crate::value::{DateTimeOffset, Value};

const MAX_PATTERN_LENGTH: usize = 1_000;
const MAX_LIST_LENGTH: usize = 10_000;
/// Longest text values are compared with.
const MAX_TEXT_BYTES: usize = 64 * 1024;
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// What operands are converted for.
pub(super) enum Target<'g> {
    System(SystemField),
    Attribute {
        graph: &'g TypeGraph,
        attribute: &'g AttributeNode,
        value_type: ValueType,
    },
    /// A number of entities.
    Count,
    /// Whether there are entities.
    Flag,
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
            Self::Count | Self::Flag => false,
        }
    }

    fn is_list(&self) -> bool {
        matches!(
            self,
            Self::Attribute {
                value_type: ValueType::StringArray | ValueType::IntArray,
                ..
            }
        )
    }

    /// One value; `None` is null.
    pub(super) fn one(&self, path: &str, operand: &Operand) -> Converted {
        let length = match operand {
            Operand::Value(Value::String(text)) | Operand::Json(Json::String(text)) => text.len(),
            _ => 0,
        };
        if length > MAX_TEXT_BYTES {
            return Err(format!(
                "The text to compare '{path}' with is longer than {MAX_TEXT_BYTES} bytes."
            ));
        }
        match operand {
            Operand::Null => Ok(None),
            Operand::Value(value) => self.typed(path, value),
            Operand::Json(json) => self.json(path, json),
            Operand::List(items) if self.is_list() => {
                let items = items.iter().map(|item| match item {
                    Operand::Json(json) => json.clone(),
                    Operand::Value(value) => crate::value::stored::encode(value),
                    _ => Json::Null,
                });
                self.json(path, &items.collect())
            }
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
            Self::Count => plain(json, ValueType::Int64, path),
            Self::Flag => plain(json, ValueType::Boolean, path),
            Self::Attribute {
                graph,
                attribute,
                value_type,
            } => {
                let is_date = matches!(value_type, ValueType::DateTime | ValueType::DateTimeOffset);
                if let Some(formula) = json.as_str().and_then(|t| t.trim().strip_prefix('@'))
                    && is_date
                {
                    return Ok(formulas::instant(formula)?.map(|instant| match value_type {
                        ValueType::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset {
                            instant,
                            offset_minutes: 0,
                        }),
                        _ => Value::DateTime(instant),
                    }));
                }
                if let Some(key) = spelled_key(attribute, *value_type, json) {
                    return Ok(Some(Value::Enum(key)));
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
            Self::System(_) | Self::Count | Self::Flag => {
                self.json(path, &crate::value::stored::encode(value))
            }
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

/// The key of an enum value whose name is written with underscores, such as `IN_PROGRESS`.
fn spelled_key(attribute: &AttributeNode, value_type: ValueType, json: &Json) -> Option<i32> {
    let name = json.as_str()?.trim();
    let node = attribute.enum_type.as_ref()?;
    let is_candidate = value_type == ValueType::Enum && name.contains('_');
    let spelled_so = || node.key_of(name);
    is_candidate
        .then(|| spelled_so().or_else(|| node.key_of(&name.replace('_', ""))))
        .flatten()
}

fn plain(json: &Json, value_type: ValueType, path: &str) -> Converted {
    let value = match (value_type, json) {
        (ValueType::Boolean, Json::Bool(flag)) => Some(Value::Boolean(*flag)),
        (ValueType::Boolean, Json::String(text)) => text
            .trim()
            .to_ascii_lowercase()
            .parse()
            .ok()
            .map(Value::Boolean),
        (ValueType::Int64, Json::Number(number)) => number.as_i64().map(Value::Int64),
        (ValueType::Int64, Json::String(text)) => text.trim().parse().ok().map(Value::Int64),
        _ => None,
    };
    value.map(Some).ok_or_else(|| {
        format!(
            "Value '{}' is not valid for '{path}' of type {value_type:?}.",
            crate::value::coerce::shown(json)
        )
    })
}

/// Whether a condition compares a whole list with a list, not its elements with a value.
pub(super) fn is_whole_list(
    attribute: &AttributeNode,
    steps: &[PathStep],
    operator: Operator,
    operand: &Operand,
) -> bool {
    let is_equality = matches!(operator, Operator::Equals | Operator::NotEquals);
    let is_list = matches!(
        attribute.value_type,
        ValueType::StringArray | ValueType::IntArray
    );
    let is_whole = steps
        .last()
        .is_some_and(|step| step.index == PathIndex::Whole);
    let has_list = match operand {
        Operand::Json(Json::Array(_)) | Operand::List(_) => true,
        Operand::Value(value) => matches!(value, Value::StringArray(_) | Value::IntArray(_)),
        _ => false,
    };
    is_equality && is_list && is_whole && has_list
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
        Operand::Value(Value::String(text)) | Operand::Json(Json::String(text)) => text.clone(),
        Operand::Json(Json::Null) => String::new(),
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
                return Ok(formulas::instant(formula)?.map(Value::DateTime));
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
