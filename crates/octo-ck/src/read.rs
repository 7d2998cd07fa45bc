//! Reading compiled models (spec, Construction Kit 3).

use std::sync::Arc;

use crate::decode::Decoder;
use crate::decode::elements::{Elements, References};
use crate::decode::migrations;
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::document::{self, LIMITS, Node, Parsed};
use crate::graph::position::Positions;
use crate::id::{CkId, CkModelId};
use crate::model::CompiledModel;
use crate::naming;
use crate::range::CkModelRange;

/// Reads a compiled model, JSON or YAML. Unknown members are refused.
///
/// The form is checked, not whether references exist: that needs the other models, see
/// [`TypeGraph::build`](crate::TypeGraph::build).
///
/// # Errors
/// Everything that is wrong with the text, at once, located in `location`.
pub fn read_compiled(text: &str, location: &str) -> Result<CompiledModel, Diagnostics> {
    read(text, location, false)
}

/// Reads a compiled model as catalogs hold them: members of older or newer forms of the language
/// are dropped instead of refused.
///
/// # Errors
/// As for [`read_compiled`].
pub fn read_published(text: &str, location: &str) -> Result<CompiledModel, Diagnostics> {
    read(text, location, true)
}

/// Reads a list of models to import: an object with `imports`, model names with version ranges
/// (spec, Construction Kit 2.2). An empty list is worth a warning (54).
///
/// # Errors
/// Everything that is wrong with the text, at once.
pub fn read_imports(
    text: &str,
    location: &str,
) -> Result<(Vec<CkModelRange>, Diagnostics), Diagnostics> {
    let location: Arc<str> = location.into();
    let mut diagnostics = Diagnostics::default();
    let parsed = document::parse(text, &location, LIMITS, &mut diagnostics);
    let mut imports = Vec::new();
    if let Parsed::Document(node) = parsed {
        let mut d = Decoder::new(&location, &mut diagnostics);
        if let Some(mut o) = d.object(&node) {
            d.optional(&mut o, "$schema", Decoder::text);
            let read = d.optional(&mut o, "imports", |d, n| d.list(n, model_range));
            imports = read.unwrap_or_default();
            d.finish(o);
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    if imports.is_empty() {
        let text = "No model is imported: list models under imports, such as Basic-[2.0,3.0).";
        diagnostics.report(Code::NoImports, &Position::whole(&location), text);
    }
    Ok((imports, diagnostics))
}

fn model_range(d: &mut Decoder<'_>, node: &Node) -> Option<CkModelRange> {
    let text = d.text(node)?;
    match text.parse() {
        Ok(range) => Some(range),
        Err(problem) => {
            d.violation(node.line, format_args!("{problem}"));
            None
        }
    }
}

fn read(text: &str, location: &str, ignores_unknown: bool) -> Result<CompiledModel, Diagnostics> {
    let is_json = text
        .trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t'])
        .starts_with('{');
    if is_json && text.len() <= LIMITS.bytes {
        // The direct way is several times faster and enough for proper files. It stops at the
        // first problem, so that improper ones are read again to find all.
        if let Ok(model) = serde_json::from_str(text)
            && has_proper_ids(&model)
        {
            return Ok(model);
        }
    }
    let location: Arc<str> = location.into();
    let mut diagnostics = Diagnostics::default();
    let model = match document::parse(text, &location, LIMITS, &mut diagnostics) {
        Parsed::Document(node) => {
            let mut decoder = Decoder::new(&location, &mut diagnostics);
            if ignores_unknown {
                decoder = decoder.ignoring_unknown();
            }
            decode(&mut decoder, &node, is_json)
        }
        Parsed::Empty => {
            let at = Position::whole(&location);
            let text = "The file is empty: a compiled model is expected.";
            diagnostics.report(Code::TextUnreadable, &at, text);
            None
        }
        Parsed::Broken => None,
    };
    match model {
        Some(model) if !diagnostics.has_errors() => Ok(model),
        _ => Err(diagnostics),
    }
}

/// Whether the ids of the model and its dependencies are spelled as files may spell them.
fn has_proper_ids(model: &CompiledModel) -> bool {
    let mut ids = model.dependencies.iter().chain([&model.model_id]);
    ids.all(|id| naming::is_model_id(id.name()))
}

struct Exact {
    is_json: bool,
}

impl References for Exact {
    fn resolve(&self, text: &str) -> Result<CkId, Option<(Code, String)>> {
        text.parse().map_err(|problem: crate::IdError| {
            Some((Code::ReferenceInvalid, format!("{problem}.")))
        })
    }

    fn root_type(&self) -> Option<CkId> {
        None
    }

    fn is_compiled(&self) -> bool {
        true
    }

    fn keeps_scalars(&self) -> bool {
        self.is_json
    }
}

fn decode(d: &mut Decoder<'_>, node: &Node, is_json: bool) -> Option<CompiledModel> {
    let mut o = d.object(node)?;
    let schema = d.optional(&mut o, "$schema", Decoder::text);
    let model_id = d.required(&mut o, "modelId", Decoder::model_id);
    let description = d.optional(&mut o, "description", Decoder::text);
    let dependencies = d.optional(&mut o, "dependencies", |d, n| d.list(n, Decoder::model_id));
    let migrations = d.optional(&mut o, "migrations", migrations::migrations);
    let mut positions = Positions::default();
    let mut elements = Elements {
        // Only needed for positions, which nobody asks for here.
        model: &CkModelId::new("", crate::CkVersion::new(0, 0, 0)),
        references: &Exact { is_json },
        positions: &mut positions,
    };
    let e = &mut elements;
    let types = d.optional(&mut o, "types", |d, n| {
        d.list(n, |d, n| e.entity_type(d, n))
    });
    let roles = d.optional(&mut o, "associationRoles", |d, n| {
        d.list(n, |d, n| e.role(d, n))
    });
    let attributes = d.optional(&mut o, "attributes", |d, n| {
        d.list(n, |d, n| e.attribute(d, n))
    });
    let records = d.optional(&mut o, "records", |d, n| d.list(n, |d, n| e.record(d, n)));
    let enums = d.optional(&mut o, "enums", |d, n| {
        d.list(n, |d, n| e.enumeration(d, n))
    });
    d.finish(o);
    Some(CompiledModel {
        schema,
        dependencies: dependencies.unwrap_or_default(),
        migrations,
        types: types.unwrap_or_default(),
        association_roles: roles.unwrap_or_default(),
        attributes: attributes.unwrap_or_default(),
        records: records.unwrap_or_default(),
        enums: enums.unwrap_or_default(),
        model_id: model_id?,
        description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "\
$schema: https://schemas.meshmakers.cloud/construction-kit-compiled.schema.json
modelId: Demo-1.2.0
dependencies: [System-2.2.2]
types:
  - typeId: Device
    derivedFromCkTypeId: System-2.2.2/Entity-1
    isCollectionRoot: true
    attributes:
      - { id: Demo-1.2.0/Serial-1, name: Serial, isOptional: true }
attributes:
  - { id: Serial, valueType: Int, defaultValues: [50, true] }
";

    #[test]
    fn yaml_and_json_read_the_same() {
        let from_yaml = read_compiled(YAML, "a.yaml").unwrap();
        assert_eq!(from_yaml.model_id.to_string(), "Demo-1.2.0");
        assert_eq!(
            from_yaml.attributes[0].default_values,
            Some(vec!["50".into(), "true".into()])
        );
        let json = from_yaml.to_json();
        assert!(json.contains("\"typeId\": \"Device-1\""), "{json}");
        assert_eq!(read_compiled(&json, "a.json").unwrap(), from_yaml);
    }

    #[test]
    fn json_keeps_typed_defaults_either_way() {
        let json = r#"{"modelId":"D-1.0.0","attributes":[{"id":"A-1","valueType":"Int","defaultValues":[5,true,"x"]}]}"#;
        let fast = read_compiled(json, "a.json").unwrap();
        let slow = read_published(&json.replace("\"id\"", "\"old\":1,\"id\""), "a.json").unwrap();
        assert_eq!(fast, slow);
        assert_eq!(fast.attributes[0].default_values.as_ref().unwrap()[0], 5);
    }

    #[test]
    fn all_violations_are_reported_with_lines() {
        let text = "{\n\"modelId\": \"D\",\n\"types\": [\n{\"typeId\": 5,\n\"isFinal\": \"no\"},\n{\"typeID\": \"A\",\n\"derivedFromCkTypeId\": \"Entity\"}]}";
        let problems = read_compiled(text, "a.json").unwrap_err();
        let shown: Vec<_> = problems.iter().map(|d| (d.code, d.line)).collect();
        assert_eq!(
            shown,
            [
                (27, Some(4)),
                (27, Some(5)),
                (27, Some(6)),
                (105, Some(7)),
                (27, Some(6))
            ],
            "{problems}"
        );
        assert!(problems.to_string().contains("'/types/0/typeId'->"));
        assert!(
            problems
                .to_string()
                .contains("typeID is not known here: use one of typeId")
        );
    }

    #[test]
    fn model_ids_are_spelled_properly_in_both_forms() {
        for id in ["$a-2.0", "a_b-1.0", "a b", "ä-1.0", "a-", "a-1.0.0.0"] {
            for text in [
                format!("{{\"modelId\":\"{id}\"}}"),
                format!("modelId: '{id}'"),
                format!("{{\"modelId\":\"a-1.0.0\",\"dependencies\":[\"{id}\"]}}"),
            ] {
                let problems = read_compiled(&text, "a").unwrap_err();
                assert_eq!(
                    problems.iter().next().unwrap().code,
                    27,
                    "{text}: {problems}"
                );
            }
        }
    }

    #[test]
    fn import_lists_name_ranges() {
        let text = "imports: [ 'Basic-[2.0,3.0)', System-2.0 ]";
        let (imports, findings) = read_imports(text, "a.yaml").unwrap();
        assert_eq!((imports.len(), imports[0].name()), (2, "Basic"));
        assert!(findings.is_empty());
        for empty in ["", "imports: []", "$schema: x"] {
            let (_, findings) = read_imports(empty, "a.yaml").unwrap();
            assert_eq!(findings.iter().next().unwrap().code, 54);
        }
        for (text, code) in [
            ("imports: [ 'A-[1' ]", 27),
            ("import: []", 27),
            ("a: [", 102),
        ] {
            let problems = read_imports(text, "a.yaml").unwrap_err();
            assert_eq!(problems.iter().next().unwrap().code, code, "{problems}");
        }
    }

    #[test]
    fn unreadable_texts_say_so() {
        for (text, code) in [
            ("", 102),
            ("{", 102),
            ("[]", 27),
            ("a: 1\na: 2", 102),
            ("5", 27),
        ] {
            let problems = read_compiled(text, "x").unwrap_err();
            assert_eq!(problems.iter().next().unwrap().code, code, "{problems}");
        }
    }
}
