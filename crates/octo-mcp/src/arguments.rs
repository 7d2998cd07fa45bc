//! Reading the arguments of a call against the tool's schema.
//!
//! Assistants are imprecise: they write `"5"` for 5, `"true"` for true, `userid` for `userId`. What
//! is unambiguous is accepted and brought into the exact form; everything else is reported, all
//! problems at once, each naming the argument (spec, surface 5.2). Unknown arguments are ignored,
//! as they always were.

use std::fmt::{self, Display, Formatter};

use serde_json::{Map, Number, Value};

use rmcp::model::JsonObject;

/// Deepest nesting of an argument value; deeper ones are refused before anything looks at them.
const MAX_DEPTH: usize = 64;

/// Brings `arguments` into the form the schema describes.
///
/// # Errors
/// A sentence for every problem.
pub fn read(
    schema: &JsonObject,
    may_be_blank: &[&str],
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Vec<String>> {
    let mut reader = Reader {
        root: schema,
        problems: Vec::new(),
    };
    let read = reader.object(schema, arguments, &At::Root, 0);
    for name in required(schema) {
        let is_blank = read
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|t| t.trim().is_empty());
        if is_blank && !may_be_blank.contains(&name) {
            reader.problems.push(format!("{name} is required."));
        }
    }
    if reader.problems.is_empty() {
        Ok(read)
    } else {
        Err(reader.problems)
    }
}

/// Where a value stands; spelled out only when there is something wrong with it.
enum At<'p> {
    Root,
    Member(&'p At<'p>, &'p str),
    Item(&'p At<'p>, usize),
}

impl Display for At<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Reader<'a> {
    root: &'a JsonObject,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn object(
        &mut self,
        schema: &'a JsonObject,
        given: Map<String, Value>,
        at: &At<'_>,
        depth: usize,
    ) -> Map<String, Value> {
        let mut read = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return given;
        };
        let free = schema
            .get("additionalProperties")
            .is_some_and(|v| v != &Value::Bool(false));
        for (name, value) in given {
            let known = properties.get_key_value(&name).or_else(|| {
                properties
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(&name))
            });
            match known.map(|(known, schema)| (known, schema.as_object())) {
                // Null for an argument with a default means the default.
                Some((_, schema)) if value.is_null() && has_default(schema) => {}
                Some((known, schema)) => {
                    let at = At::Member(at, known);
                    let value = match schema {
                        Some(schema) => self.value(schema, value, &at, depth + 1),
                        None => value,
                    };
                    read.entry(known.clone()).or_insert(value);
                }
                None if free => {
                    read.insert(name, value);
                }
                None => {}
            }
        }
        for name in required(schema) {
            if read
                .get(name)
                .is_none_or(|v| v.is_null() && !allows_any(properties.get(name)))
            {
                self.problems
                    .push(format!("{} is required.", At::Member(at, name)));
            }
        }
        read
    }

    fn value(&mut self, schema: &'a JsonObject, value: Value, at: &At<'_>, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return self.too_deep(at);
        }
        let schema = self.resolve(schema);
        if let Some(choices) = alternatives(schema) {
            return self.alternative(choices, value, at, depth);
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
            return self.choice(allowed, value, at);
        }
        let types = types(schema);
        if types.is_empty() || (value.is_null() && allows(types, "null")) {
            return value;
        }
        let Some(expected) = types
            .iter()
            .filter_map(Value::as_str)
            .find(|t| *t != "null")
        else {
            return value;
        };
        match (expected, value) {
            ("string", Value::String(text)) => self.text(schema, text, at),
            ("string", Value::Number(number)) => Value::String(number.to_string()),
            ("integer", value) => self.integer(schema, value, at),
            ("number", Value::Number(number)) => Value::Number(number),
            ("number", Value::String(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    Number::from_f64(number).map_or(Value::Null, Value::Number)
                }
                _ => self.wrong(at, "a number", Value::String(text)),
            },
            ("boolean", Value::Bool(flag)) => Value::Bool(flag),
            ("boolean", Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => self.wrong(at, "true or false", Value::String(text)),
            },
            ("array", Value::Array(items)) => self.array(schema, items, at, depth),
            ("object", Value::Object(members)) => {
                Value::Object(self.object(schema, members, at, depth))
            }
            // Some clients send nested arguments as JSON text.
            ("array" | "object", Value::String(text)) => match serde_json::from_str(&text) {
                Ok(parsed @ (Value::Array(_) | Value::Object(_))) => {
                    self.value(schema, parsed, at, depth + 1)
                }
                Err(error) if error.to_string().starts_with("recursion limit") => self.too_deep(at),
                _ => self.wrong(at, named(expected), Value::String(text)),
            },
            (_, value) => self.wrong(at, named(expected), value),
        }
    }

    fn too_deep(&mut self, at: &At<'_>) -> Value {
        self.problems
            .push(format!("{at} is nested deeper than {MAX_DEPTH} levels."));
        Value::Null
    }

    fn array(
        &mut self,
        schema: &'a JsonObject,
        items: Vec<Value>,
        at: &At<'_>,
        depth: usize,
    ) -> Value {
        let Some(item_schema) = schema.get("items").and_then(Value::as_object) else {
            return Value::Array(items);
        };
        let read = items
            .into_iter()
            .enumerate()
            .map(|(i, item)| self.value(item_schema, item, &At::Item(at, i), depth + 1))
            .collect();
        Value::Array(read)
    }

    fn integer(&mut self, schema: &JsonObject, value: Value, at: &At<'_>) -> Value {
        let number = match &value {
            Value::Number(n) if n.is_i64() || n.is_u64() => Some(n.clone()),
            Value::Number(n) => n
                .as_f64()
                .filter(|f| f.fract() == 0.0 && f.abs() < 9.0e15)
                .map(|f| Number::from(f as i64)),
            Value::String(text) => {
                let text = text.trim();
                let signed = text.parse::<i64>().map(Number::from);
                signed
                    .or_else(|_| text.parse::<u64>().map(Number::from))
                    .ok()
            }
            _ => None,
        };
        let Some(number) = number else {
            return self.wrong(at, "a whole number", value);
        };
        let as_float = number.as_f64().unwrap_or_default();
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if let Some(low) = bound("minimum").filter(|low| as_float < *low) {
            self.problems
                .push(format!("{at} must be at least {low}, but was {number}."));
        }
        if let Some(high) = bound("maximum").filter(|high| as_float > *high) {
            self.problems
                .push(format!("{at} must be at most {high}, but was {number}."));
        }
        Value::Number(number)
    }

    fn text(&mut self, schema: &JsonObject, text: String, at: &At<'_>) -> Value {
        if schema.get("format").and_then(Value::as_str) == Some("date-time")
            && text.parse::<jiff::Timestamp>().is_err()
            && text.parse::<jiff::civil::DateTime>().is_err()
            && text.parse::<jiff::civil::Date>().is_err()
        {
            return self.wrong(at, "an ISO 8601 date and time", Value::String(text));
        }
        let longest = schema
            .get("maxLength")
            .and_then(Value::as_u64)
            .unwrap_or(u64::MAX);
        if text.len() as u64 > longest && text.chars().count() as u64 > longest {
            self.problems.push(format!(
                "{at} must not be longer than {longest} characters."
            ));
        }
        Value::String(text)
    }

    /// An enum member: by name ignoring case, or by position as the original wrote them.
    fn choice(&mut self, allowed: &[Value], value: Value, at: &At<'_>) -> Value {
        let found = match &value {
            Value::String(text) => allowed.iter().find(|a| {
                a.as_str()
                    .is_some_and(|a| a.eq_ignore_ascii_case(text.trim()))
            }),
            Value::Number(n) => n
                .as_u64()
                .and_then(|i| usize::try_from(i).ok())
                .and_then(|i| allowed.get(i)),
            Value::Null => allowed.iter().find(|a| a.is_null()),
            _ => None,
        };
        match found {
            Some(member) => member.clone(),
            None => {
                let names: Vec<_> = allowed.iter().filter_map(Value::as_str).collect();
                self.wrong(at, &format!("one of {}", names.join(", ")), value)
            }
        }
    }

    /// The first alternative the value fits; the problems of the last one if there is none.
    fn alternative(
        &mut self,
        choices: &'a [Value],
        value: Value,
        at: &At<'_>,
        depth: usize,
    ) -> Value {
        let choices = choices.iter().filter_map(Value::as_object);
        let (nulls, choices): (Vec<_>, Vec<_>) = choices.partition(|c| types(c) == ["null"]);
        if value.is_null() && !nulls.is_empty() {
            return Value::Null;
        }
        // Large lists and objects are not copied when only one alternative can take them.
        let mut takers = choices.iter().filter(|choice| self.takes(choice, &value));
        if let (Some(only), None) = (takers.next(), takers.next()) {
            return self.value(only, value, at, depth + 1);
        }
        let before = self.problems.len();
        let mut last = Vec::new();
        for choice in choices {
            let read = self.value(choice, value.clone(), at, depth + 1);
            if self.problems.len() == before {
                return read;
            }
            last = self.problems.split_off(before);
        }
        self.problems.extend(last);
        Value::Null
    }

    /// Whether a list or object is of the kind that an alternative is for.
    fn takes(&self, choice: &'a JsonObject, value: &Value) -> bool {
        let kinds = types(self.resolve(choice));
        match value {
            Value::Array(_) => allows(kinds, "array"),
            Value::Object(_) => allows(kinds, "object"),
            _ => false,
        }
    }

    fn resolve(&self, schema: &'a JsonObject) -> &'a JsonObject {
        let mut schema = schema;
        for _ in 0..8 {
            let target = schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|r| r.strip_prefix("#/$defs/"))
                .and_then(|name| self.root.get("$defs")?.get(name)?.as_object());
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn wrong(&mut self, at: &At<'_>, expected: &str, value: Value) -> Value {
        self.problems.push(format!(
            "{at} must be {expected}, but was {}.",
            kind(&value)
        ));
        value
    }
}

fn required(schema: &JsonObject) -> impl Iterator<Item = &str> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn has_default(schema: Option<&JsonObject>) -> bool {
    schema.is_some_and(|s| s.contains_key("default"))
}

fn allows_any(schema: Option<&Value>) -> bool {
    match schema {
        Some(Value::Object(schema)) => {
            types(schema).is_empty()
                && !schema.contains_key("$ref")
                && alternatives(schema).is_none()
                && !schema.contains_key("enum")
        }
        _ => true,
    }
}

fn alternatives(schema: &JsonObject) -> Option<&[Value]> {
    ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema.get(*key)?.as_array())
        .map(Vec::as_slice)
}

fn types(schema: &JsonObject) -> &[Value] {
    match schema.get("type") {
        Some(Value::Array(several)) => several,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn allows(types: &[Value], name: &str) -> bool {
    types.iter().any(|kind| kind == name)
}

fn named(expected: &str) -> &str {
    match expected {
        "string" => "a text",
        "array" => "a list",
        "object" => "an object",
        "boolean" => "true or false",
        "number" => "a number",
        other => other,
    }
}

/// What a value is, without showing it: it may be a password.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
