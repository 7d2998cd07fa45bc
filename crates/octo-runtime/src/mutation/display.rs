//! Display name and description, computed from the rules of the type (spec, Construction Kit 4.6).

use octo_ck::TypeGraph;
use octo_ck::display::DisplayRule;
use octo_ck::graph::{AttributeNode, TypeNode};

use crate::attributes::Attributes;
use crate::value::{TICKS_PER_SECOND, Value, instants};

/// The display name of an entity of that type.
pub(crate) fn name(graph: &TypeGraph, node: &TypeNode, attributes: &Attributes) -> Option<String> {
    render(graph, node, node.display_name_rule.as_deref(), attributes)
}

/// The display description of an entity of that type.
pub(crate) fn description(
    graph: &TypeGraph,
    node: &TypeNode,
    attributes: &Attributes,
) -> Option<String> {
    let rule = node.display_description_rule.as_deref();
    render(graph, node, rule, attributes)
}

/// Whether a rule reads one of the attributes.
pub(crate) fn depends_on(rule: Option<&str>, touched: &[String]) -> bool {
    rule.and_then(|rule| DisplayRule::parse(rule).ok())
        .is_some_and(|rule| {
            let mut roots = rule
                .paths()
                .map(|path| path.split('.').next().unwrap_or(path));
            roots.any(|root| touched.iter().any(|name| name == root))
        })
}

fn render(
    graph: &TypeGraph,
    node: &TypeNode,
    rule: Option<&str>,
    attributes: &Attributes,
) -> Option<String> {
    // The graph refuses rules that cannot be read.
    let rule = DisplayRule::parse(rule?).ok()?;
    rule.render(|path| {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        text(graph, node.attribute(first)?, attributes, rest)
    })
}

fn text(
    graph: &TypeGraph,
    attribute: &AttributeNode,
    attributes: &Attributes,
    rest: &str,
) -> Option<String> {
    let value = attributes.get(&attribute.name)?;
    if rest.is_empty() {
        return formatted(value, attribute);
    }
    let Value::Record(record) = value else {
        return None;
    };
    let (first, rest) = rest.split_once('.').unwrap_or((rest, ""));
    let field = graph.record(&record.ck_record_id)?.attribute(first)?;
    text(graph, field, &record.attributes, rest)
}

/// A value as text that is the same everywhere.
fn formatted(value: &Value, attribute: &AttributeNode) -> Option<String> {
    Some(match value {
        Value::Int(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Boolean(true) => "True".to_owned(),
        Value::Boolean(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::DateTime(instant) => instant.to_string(),
        Value::DateTimeOffset(value) => instants::with_offset(value),
        Value::TimeSpan(ticks) => time_span(*ticks),
        Value::Enum(key) => {
            let name = attribute
                .enum_type
                .as_ref()
                .and_then(|node| node.name_of(*key));
            name.map_or_else(|| key.to_string(), str::to_owned)
        }
        Value::StringArray(texts) => texts.join(", "),
        Value::IntArray(numbers) => {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            numbers.join(", ")
        }
        Value::BinaryLinked(info) => info.filename.clone(),
        Value::Binary(_) | Value::Record(_) | Value::RecordArray(_) | Value::GeospatialPoint(_) => {
            return None;
        }
    })
}

/// `[-][d.]hh:mm:ss[.fffffff]`
fn time_span(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let per_second = TICKS_PER_SECOND.unsigned_abs();
    let (seconds, fraction) = (ticks / per_second, ticks % per_second);
    let (days, clock) = (seconds / 86_400, seconds % 86_400);
    let days = if days > 0 {
        format!("{days}.")
    } else {
        String::new()
    };
    let fraction = if fraction > 0 {
        format!(".{fraction:07}")
    } else {
        String::new()
    };
    let (hours, minutes, seconds) = (clock / 3_600, clock / 60 % 60, clock % 60);
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}
