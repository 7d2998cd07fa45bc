//! Every tool keeps the contract clients know it by: additions are welcome, nothing is missing.

use octo_mcp::catalogue::Catalogue;
use octo_mcp::tools::toolsets;
use serde_json::{Map, Value, json};

use crate::shared;

/// Tools that ask for confirmation here and did not before.
const ASK_FIRST: [&str; 1] = ["delete_entity"];

/// Parameters that may be left out here and had to be given before.
const OPTIONAL: [&str; 1] = ["navigate_associations(targetTypeId)"];

/// Fields of results that are left out on purpose.
const LEFT_OUT: [&str; 6] = [
    // The categories were made up; real ones are counted.
    "get_tool_statistics.categoryBreakdown.crud",
    "get_tool_statistics.categoryBreakdown.analytics",
    "get_tool_statistics.categoryBreakdown.discovery",
    "get_tool_statistics.categoryBreakdown.maintenance",
    "get_tool_statistics.categoryBreakdown.management",
    // An argument may be a password, which no answer repeats.
    "validate_tool_parameters.validationResults.providedValue",
];

/// Ends of fields that are null in every answer of the original: secrets nobody gets to see again.
const NEVER_TOLD: [&str; 3] = [
    ".client.clientSecret",
    ".clients.clientSecret",
    ".apiSecrets.valueClearText",
];

/// What is wrong with our tools, found by comparison.
struct Comparison<'a> {
    shapes: &'a Value,
    problems: Vec<String>,
}

impl Comparison<'_> {
    fn expect(&mut self, what: &str, ours: &Value, theirs: &Value) {
        if ours != theirs {
            self.problems
                .push(format!("{what}: {ours} instead of {theirs}"));
        }
    }

    fn tool(&mut self, ours: &Value, theirs: &Value) {
        let name = ours["name"].as_str().unwrap();
        let meta = &ours["_meta"];
        let risk = &meta["com.octomesh/risk"];
        self.expect(&format!("{name} risk"), risk, &theirs["risk"]);
        let category = &meta["com.octomesh/category"];
        self.expect(&format!("{name} category"), category, &theirs["category"]);
        let input = &ours["inputSchema"];
        let confirm = json!(input["properties"]["confirm"].is_object());
        if !ASK_FIRST.contains(&name) {
            self.expect(&format!("{name} confirm"), &confirm, &theirs["confirm"]);
        }
        for parameter in theirs["params"].as_array().unwrap() {
            self.parameter(name, input, parameter);
        }
        self.no_new_demands(name, input, &theirs["params"]);
        match &theirs["response"] {
            Value::Object(fields) => {
                let output = &ours["outputSchema"];
                self.fields(name, output, output, fields, 0);
            }
            _ => self.expect(
                &format!("{name} result"),
                &ours["outputSchema"],
                &Value::Null,
            ),
        }
    }

    fn parameter(&mut self, tool: &str, input: &Value, theirs: &Value) {
        let name = theirs["name"].as_str().unwrap();
        let what = format!("{tool}({name})");
        let Some(ours) = input["properties"].get(name) else {
            return self.problems.push(format!("{what} is missing"));
        };
        let is_required = is_required(input, name);
        let required = format!("{what} required");
        if OPTIONAL.contains(&what.as_str()) {
            return;
        }
        self.expect(&required, &json!(is_required), &theirs["required"]);
        if !is_required {
            self.expect(
                &format!("{what} default"),
                &ours["default"],
                &theirs["default"],
            );
        }
        let types = types(input, ours);
        let wanted = theirs["jsonType"].as_str().unwrap();
        let accepts = |kind: &str| types.is_empty() || types.iter().any(|t| t == kind);
        if !accepts(wanted) || (theirs["nullable"] == json!(true) && !accepts("null")) {
            self.problems
                .push(format!("{what} accepts {types:?}, not {wanted}"));
        }
    }

    /// A call that was complete stays complete.
    fn no_new_demands(&mut self, tool: &str, input: &Value, theirs: &Value) {
        let known = |name: &Value| {
            let mut parameters = theirs.as_array().unwrap().iter();
            parameters.any(|parameter| parameter["name"] == *name)
        };
        let required = input["required"].as_array().cloned().unwrap_or_default();
        for name in required.iter().filter(|name| !known(name)) {
            self.problems.push(format!("{tool} demands {name}"));
        }
    }

    fn fields(
        &mut self,
        at: &str,
        root: &Value,
        ours: &Value,
        theirs: &Map<String, Value>,
        depth: usize,
    ) {
        let ours = resolve(root, ours);
        for (name, kind) in theirs {
            let at = format!("{at}.{name}");
            let is_never_told = NEVER_TOLD.iter().any(|end| at.ends_with(end));
            // Says that the fields depend on the kind; no field of that name exists.
            let is_marker = name == "$polymorphic";
            if is_marker || is_never_told || LEFT_OUT.contains(&at.as_str()) {
                continue;
            }
            let Some(field) = ours["properties"].get(name) else {
                self.problems.push(format!("{at} is missing"));
                continue;
            };
            let kind = kind.as_str().unwrap();
            self.kind(&at, root, field, kind.trim_end_matches('?'), depth);
        }
    }

    fn kind(&mut self, at: &str, root: &Value, ours: &Value, kind: &str, depth: usize) {
        let types = types(root, ours);
        let wanted = match kind.split([':', '<']).next().unwrap() {
            "any" => return,
            "map" | "object" => "object",
            "enum" => "string",
            other => other,
        };
        if !types.is_empty() && !types.iter().any(|t| t == wanted) {
            self.problems
                .push(format!("{at} is {types:?}, not {wanted}"));
        }
        let (inner, shape) = match kind.strip_prefix("array<") {
            Some(item) => (&ours["items"], item.trim_end_matches('>')),
            None => (ours, kind),
        };
        let shape = shape
            .strip_prefix("object:")
            .and_then(|name| self.shapes[name].as_object().cloned());
        if let Some(shape) = shape.filter(|_| depth < 4) {
            self.fields(at, root, inner, &shape, depth + 1);
        }
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|names| names.contains(&json!(name)))
}

/// The schema behind references and choices with null.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(path) = schema["$ref"].as_str() {
        return resolve(root, root.pointer(&path[1..]).unwrap());
    }
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    let mut real = choices.filter(|choice| choice["type"] != json!("null"));
    real.next().map_or(schema, |choice| resolve(root, choice))
}

/// JSON types a schema allows; empty for any.
fn types(root: &Value, schema: &Value) -> Vec<String> {
    if let Some(path) = schema["$ref"].as_str() {
        return types(root, root.pointer(&path[1..]).unwrap());
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices
            .iter()
            .flat_map(|choice| types(root, choice))
            .collect();
    }
    match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many
            .iter()
            .filter_map(|kind| kind.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_tool_keeps_its_contract() {
    let Some(path) = shared("spec/tools.json") else {
        return;
    };
    let contract: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let theirs = contract["tools"].as_array().unwrap();
    let mut comparison = Comparison {
        shapes: &contract["outputShapes"],
        problems: Vec::new(),
    };
    let mut compared = 0;
    for definition in Catalogue::new(toolsets()).definitions() {
        let ours = serde_json::to_value(definition).unwrap();
        if let Some(theirs) = theirs.iter().find(|tool| tool["name"] == ours["name"]) {
            comparison.tool(&ours, theirs);
            compared += 1;
        }
    }
    let problems = comparison.problems;
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(compared >= 43, "only {compared} tools were compared");
}
