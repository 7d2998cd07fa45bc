//! Reads any text as a compiled model. What can be read must come back the same after writing, and
//! building its type graph must end.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use octo_ck::{TypeGraph, builtin, read_compiled, read_published};

fuzz_target!(|text: &str| {
    let _ = read_published(text, "published");
    let Ok(model) = read_compiled(text, "compiled") else {
        return;
    };
    let json = read_compiled(&model.to_json(), "json").expect("our JSON is read");
    assert_eq!(json, model);
    // Untyped values become texts in YAML, so that it is the second writing that stays the same.
    let yaml = read_compiled(&model.to_yaml(), "yaml").expect("our YAML is read");
    let again = read_compiled(&yaml.to_yaml(), "yaml").expect("our YAML is read again");
    assert_eq!(again, yaml);

    let name = model.model_id.name().to_owned();
    let mut models = builtin::all();
    models.retain(|other| other.model_id.name() != name);
    models.push(Arc::new(model));
    if let Ok(graph) = TypeGraph::build(models) {
        for node in graph.types() {
            let _ = graph.columns(node);
        }
    }
});
