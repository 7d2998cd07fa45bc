//! Placeholders in references: `${this}`, `${System}` and so on (spec, Construction Kit 1.7).

use std::collections::HashMap;
use std::sync::Arc;

use crate::decode::elements::References;
use crate::diagnostics::Code;
use crate::id::{CkId, CkModelId};
use crate::model::CompiledModel;
use crate::suggest;

/// The models that placeholders stand for.
pub(super) struct Placeholders {
    models: HashMap<String, CkModelId>,
    /// False when model or dependencies are in doubt: unknown names are then no finding of their
    /// own.
    is_complete: bool,
    root: Option<CkId>,
}

impl Placeholders {
    pub(super) fn new(
        this: Option<&CkModelId>,
        dependencies: Option<&[Arc<CompiledModel>]>,
    ) -> Self {
        let own = this
            .into_iter()
            .flat_map(|id| ["this", "thisModel"].map(|name| (name.to_owned(), id.clone())));
        let others = dependencies
            .into_iter()
            .flatten()
            .map(|model| (model.model_id.name().to_owned(), model.model_id.clone()));
        let models: HashMap<String, CkModelId> = others.chain(own).collect();
        let root = models
            .get("System")
            .and_then(|system| format!("{system}/Entity").parse().ok());
        Self {
            models,
            is_complete: this.is_some() && dependencies.is_some(),
            root,
        }
    }

    fn value(&self, name: &str) -> Result<CkModelId, Option<(Code, String)>> {
        if let Some(model) = self.models.get(name) {
            return Ok(model.clone());
        }
        if !self.is_complete {
            return Err(None);
        }
        let known = self.models.keys().map(String::as_str);
        let hint = suggest::question(&suggest::nearest(name, known, 2));
        let text = format!(
            "The placeholder '${{{name}}}' has no value: declare the model in the dependencies of ckModel.yaml, or use ${{this}}.{hint}"
        );
        Err(Some((Code::UnknownPlaceholder, text)))
    }
}

/// The name in `${name}`; blanks inside the braces are not allowed.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'_';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

impl References for Placeholders {
    fn resolve(&self, text: &str) -> Result<CkId, Option<(Code, String)>> {
        let invalid = |problem: crate::IdError| {
            let text = format!("{problem}. Write a reference such as ${{this}}/Name.");
            Some((Code::ReferenceInvalid, text))
        };
        match text.split_once('/') {
            Some((model, element)) if model.contains("${") => {
                let name = variable(model).ok_or_else(|| {
                    let text = format!(
                        "'{model}' is not a placeholder: write for example ${{this}} or ${{System}}."
                    );
                    Some((Code::ReferenceInvalid, text))
                })?;
                let element = element.parse().map_err(invalid)?;
                Ok(CkId::new(self.value(name)?, element))
            }
            _ => text.parse().map_err(invalid),
        }
    }

    fn root_type(&self) -> Option<CkId> {
        self.root.clone()
    }

    fn is_compiled(&self) -> bool {
        false
    }

    fn keeps_scalars(&self) -> bool {
        false
    }
}
