//! Each number of the original has an input that produces it, a level, a place, and a text that says
//! what to do (spec, Construction Kit 7.2).

mod inputs;

use std::collections::BTreeMap;
use std::sync::Arc;

use octo_ck::catalog::{Catalog, ModelSet};
use octo_ck::compiler::{check_compiled, compile_sources_with};
use octo_ck::diagnostics::Level;
use octo_ck::{Catalogs, Diagnostic, Diagnostics, builtin, read_compiled};

use super::BASE;
use inputs::{INPUTS, Input};

/// Findings that concern a whole file or folder.
const WITHOUT_LINE: [u16; 8] = [22, 28, 29, 53, 54, 63, 65, 23];

/// Words of which each text has one.
const ADVICE: [&str; 18] = [
    "add",
    "choose",
    "correct",
    "declare",
    "define",
    "fill it in",
    "give each",
    "is expected",
    "keep one",
    "letters",
    "list models",
    "must be",
    "name a",
    "remove",
    "rename",
    "use ",
    "write",
    "has no name",
];

fn catalogs() -> Catalogs {
    let model = |id: &str, dependency: &str| {
        let text = format!("modelId: {id}\ndependencies: [ {dependency} ]");
        Arc::new(read_compiled(&text, id).unwrap())
    };
    let models = vec![
        builtin::system(),
        model("NeedsDemo-1.0.0", "Demo-2.0.0"),
        model("NeedsOld-1.0.0", "Other-1.0.0"),
        model("NeedsNew-1.0.0", "Other-2.0.0"),
        model("Other-1.0.0", ""),
        model("Other-2.0.0", ""),
    ];
    Catalogs::new([Arc::new(ModelSet::new("models", models)) as Arc<dyn Catalog>])
}

fn compile(files: &[(&str, &str)]) -> Diagnostics {
    let role =
        "{ id: R, inboundName: I, outboundName: O, inboundMultiplicity: N, outboundMultiplicity: N";
    let header = "modelId: Demo-1.0.0\ndependencies: [ 'System-[2.0,3.0)' ]";
    let filled = |text: &str| text.replace("BASE", BASE).replace("ROLE", role);
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), filled(text)));
    let mut all = BTreeMap::from([("ckModel.yaml".to_owned(), header.to_owned())]);
    all.extend(files);
    compile_sources_with(all, "demo", &catalogs()).diagnostics
}

fn compiled(members: &str) -> Diagnostics {
    let text = match members {
        "NAME" => "modelId: -Demo".to_owned(),
        members => format!("modelId: Demo-1.0.0\ndependencies: [ System-2.2.2 ]\n{members}"),
    };
    let model = read_compiled(&text, "demo.yaml").unwrap();
    check_compiled(model, "demo.yaml", &catalogs()).diagnostics
}

fn findings(input: &Input) -> Diagnostics {
    let attributes = (
        "attributes/x.yaml",
        "attributes: [ { id: X, valueType: Int }, { id: Y, valueType: Int } ]",
    );
    let records = (
        "records/x.yaml",
        "records: [ { recordId: Q, attributes: [ { id: '${this}/X', name: X } ] }, { recordId: P, isFinal: true } ]",
    );
    match input {
        Input::File(path, text) => compile(&[(path, text)]),
        Input::More(path, text) => compile(&[attributes, records, (path, text)]),
        Input::Compiled(members) => compiled(members),
        Input::Action(run) => run(),
    }
}

fn level(number: u16) -> Level {
    match number {
        1 | 9 | 11 | 18 | 19 | 21 | 22 | 23 | 28 | 29 | 34 | 35 | 36 | 62 | 66 => Level::Fatal,
        53 | 54 | 63 => Level::Warning,
        _ => Level::Error,
    }
}

#[test]
fn every_number_is_produced_with_level_place_and_advice() {
    for (at, (number, input)) in INPUTS.iter().enumerate() {
        assert_eq!(
            usize::from(*number),
            at + 1,
            "one input for each number, in order"
        );
        let found = findings(input);
        let hits: Vec<&Diagnostic> = found.iter().filter(|d| d.code == *number).collect();
        let hit = hits.first();
        let hit = hit.unwrap_or_else(|| panic!("{number} is not produced, but: {found}"));
        assert_eq!(hit.level, level(*number), "{hit}");
        assert!(!hit.location.is_empty(), "{hit}");
        let has_line = !WITHOUT_LINE.contains(number) && !matches!(input, Input::Compiled(_));
        assert_eq!(hit.line.is_some(), has_line, "{hit}");
        let text = hit.text.to_lowercase();
        assert!(ADVICE.iter().any(|word| text.contains(word)), "{hit}");
    }
}
