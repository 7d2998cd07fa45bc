//! The model header, `ckModel.yaml`.

use super::Run;
use crate::decode::Decoder;
use crate::diagnostics::{Code, Position};
use crate::document::Node;
use crate::id::CkModelId;
use crate::range::CkModelRange;

/// Name of the header file.
pub(super) const FILE: &str = "ckModel.yaml";

/// A dependency and the line that declares it.
pub(super) struct Declared {
    pub(super) range: CkModelRange,
    pub(super) line: u32,
}

/// What the header says.
pub(super) struct Header {
    pub(super) id: CkModelId,
    pub(super) line: u32,
    pub(super) dependencies: Vec<Declared>,
    pub(super) description: Option<String>,
}

/// Reads the header; `None` when model or dependencies are not known for certain.
pub(super) fn read(run: &mut Run<'_>) -> Option<Header> {
    let Some(text) = run.files.get(FILE) else {
        let at = Position::whole(if run.root.is_empty() { FILE } else { run.root });
        let text = "The file ckModel.yaml is missing: add it with the modelId, for example 'modelId: MyModel-1.0.0'.";
        run.diagnostics.report(Code::HeaderMissing, &at, text);
        return None;
    };
    let Some((location, node)) = run.document(FILE, text) else {
        if !run.diagnostics.has_errors() {
            let at = Position::whole(&run.location(FILE));
            let text =
                "The header is empty: add the modelId, for example 'modelId: MyModel-1.0.0'.";
            run.diagnostics.report(Code::SchemaViolation, &at, text);
        }
        return None;
    };
    decode(&mut Decoder::new(&location, run.diagnostics), &node)
}

fn decode(d: &mut Decoder<'_>, node: &Node) -> Option<Header> {
    let mut o = d.object(node)?;
    d.optional(&mut o, "$schema", Decoder::text);
    let id = d.required(&mut o, "modelId", |d, n| Some((d.model_id(n)?, n.line)));
    let mut is_faulty = false;
    let dependencies = d.optional(&mut o, "dependencies", |d, n| {
        let list = d.list(n, |d, n| {
            let declared = dependency(d, n);
            is_faulty |= declared.is_none();
            declared
        });
        is_faulty |= list.is_none();
        list
    });
    let description = d.optional(&mut o, "description", Decoder::text);
    d.finish(o);
    let (id, line) = id?;
    (!is_faulty).then(|| Header {
        id,
        line,
        dependencies: dependencies.unwrap_or_default(),
        description,
    })
}

fn dependency(d: &mut Decoder<'_>, node: &Node) -> Option<Declared> {
    let text = d.text(node)?;
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-.,[]()".contains(&b);
    if !text.bytes().all(is_allowed) {
        let text = "a dependency may contain only letters, digits and -.,[]() (no blanks), such as System-[2.0,3.0)";
        d.violation(node.line, text);
        return None;
    }
    match text.parse() {
        Ok(range) => Some(Declared {
            range,
            line: node.line,
        }),
        Err(problem) => {
            d.violation(node.line, format_args!("{problem}"));
            None
        }
    }
}
