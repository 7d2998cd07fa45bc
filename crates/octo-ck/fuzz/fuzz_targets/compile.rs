//! Compiles any text as a source folder: lines `=== path` begin the files. What compiles must come
//! back the same after writing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use octo_ck::compiler::{SourceFiles, compile_sources};
use octo_ck::{builtin, read_compiled};

fuzz_target!(|text: &str| {
    let mut files = SourceFiles::new();
    for part in text.split("=== ").skip(1) {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        files.insert(path.trim().to_owned(), content.to_owned());
    }
    let result = compile_sources(files, &builtin::all());
    assert!(result.model.is_some() || result.diagnostics.has_errors());
    let Some(model) = result.model else {
        return;
    };
    let yaml = read_compiled(&model.to_yaml(), "yaml").expect("our YAML is read");
    assert_eq!(yaml, model);
    let json = read_compiled(&model.to_json(), "json").expect("our JSON is read");
    assert_eq!(json, model);
});
