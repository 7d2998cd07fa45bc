//! Whatever the input, readers answer with a value or an error, never with a panic.

use std::sync::LazyLock;

use octo_ck::compiler::{SourceFiles, compile_sources};
use octo_ck::display::DisplayRule;
use octo_ck::id::{CkId, CkModelId, ElementId, RtCkId};
use octo_ck::{CkModelRange, CkVersion, CkVersionRange, TypeGraph, builtin, read_compiled};
use proptest::prelude::*;

static GRAPH: LazyLock<Result<TypeGraph, octo_ck::Diagnostics>> =
    LazyLock::new(|| TypeGraph::build(builtin::all()));

/// Texts that look a little like ids, ranges and references.
fn id_like() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[A-Za-z.$\\{\\}äß_]{0,6}(-[0-9.,\\[\\]()]{0,8})?(/[A-Za-z.]{0,6}(-[0-9]{0,12})?)?",
    ]
}

/// Texts that look a little like YAML.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("types:\n"),
        Just("- typeId: A\n"),
        Just("  attributes:\n"),
        Just("  - id: ${this}/A\n"),
        Just("    name: A\n"),
        Just("  derivedFromCkTypeId: ${System}/Entity\n"),
        Just("&a "),
        Just("*a"),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("\""),
        Just("? "),
        Just("|\n"),
        Just("\t"),
        Just("!!str "),
        Just("---\n"),
        Just("null"),
        Just("1e5"),
        Just(": "),
        Just("\n"),
        Just("ä"),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_ids_never_panics_and_round_trips(text in id_like()) {
        // A name that begins with a dash is read as it stands, dashes included.
        let has_plain_names = !text.starts_with('-') && !text.contains("/-");
        if let Ok(id) = text.parse::<CkModelId>() {
            let again = id.to_string().parse::<CkModelId>();
            prop_assert!(!has_plain_names || text.starts_with('$') || again == Ok(id.clone()));
            id.semantic_name();
        }
        if let Ok(id) = text.parse::<ElementId>() {
            let again = id.to_string().parse::<ElementId>();
            prop_assert!(!has_plain_names || again == Ok(id.clone()));
            id.semantic_name();
        }
        if let Ok(id) = text.parse::<CkId>() {
            id.semantic_name();
            id.to_runtime().path_name();
        }
        if let Ok(id) = text.parse::<RtCkId>() {
            // Versions 0 and 1 are both written without a number.
            let is_written = has_plain_names && id.element().version() > 0;
            let again = id.to_string().parse::<RtCkId>();
            prop_assert!(!is_written || again == Ok(id));
        }
        if let Ok(version) = text.parse::<CkVersion>() {
            prop_assert_eq!(version.to_string().parse::<CkVersion>(), Ok(version));
        }
        if let Ok(range) = text.parse::<CkVersionRange>() {
            prop_assert!(range.overlaps(&range) || range.to_string().contains(['(', ')']));
        }
        let _ = text.parse::<CkModelRange>();
        let _ = DisplayRule::parse(&text).map(|rule| rule.render(|path| Some(path.to_owned())));
        if let Ok(graph) = &*GRAPH {
            let _ = graph.find_type(&text).map_err(|problem| problem.to_string());
        }
    }

    #[test]
    fn reading_and_compiling_never_panic(text in yaml_like()) {
        if let Err(problems) = read_compiled(&text, "x") {
            prop_assert!(problems.has_errors());
        }
        let files = SourceFiles::from([
            ("ckModel.yaml".to_owned(), "modelId: A-1.0.0\ndependencies: [ System-2.0 ]".to_owned()),
            ("types/a.yaml".to_owned(), text.clone()),
            ("migrations/migration-meta.yaml".to_owned(), text),
        ]);
        let result = compile_sources(files, &[builtin::system()]);
        prop_assert_eq!(result.model.is_none(), result.diagnostics.has_errors());
    }
}
