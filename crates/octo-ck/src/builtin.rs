//! Models every deployment carries, written as source folders under `models/` of this crate and
//! compiled on first use (spec, System models).
//!
//! They form one consistent set: each is compiled against exactly the others in it.

mod sources;

use std::sync::{Arc, OnceLock};

use crate::compiler::{self, SourceFiles};
use crate::model::CompiledModel;

/// Path in the model folder and text of each file.
type Sources = &'static [(&'static str, &'static str)];

/// A built-in model: its folder, what it depends on, and, once compiled, the model.
struct BuiltIn {
    name: &'static str,
    sources: Sources,
    dependencies: &'static [&'static BuiltIn],
    compiled: OnceLock<Arc<CompiledModel>>,
}

static SYSTEM: BuiltIn = BuiltIn::new("System", sources::SYSTEM, &[]);
static STREAM_DATA: BuiltIn =
    BuiltIn::new("System.StreamData", sources::SYSTEM_STREAMDATA, &[&SYSTEM]);
static IDENTITY: BuiltIn = BuiltIn::new("System.Identity", sources::SYSTEM_IDENTITY, &[&SYSTEM]);
static NOTIFICATION: BuiltIn = BuiltIn::new(
    "System.Notification",
    sources::SYSTEM_NOTIFICATION,
    &[&SYSTEM],
);
static UI: BuiltIn = BuiltIn::new("System.UI", sources::SYSTEM_UI, &[&SYSTEM]);
static BOT: BuiltIn = BuiltIn::new("System.Bot", sources::SYSTEM_BOT, &[&SYSTEM]);
static COMMUNICATION: BuiltIn = BuiltIn::new(
    "System.Communication",
    sources::SYSTEM_COMMUNICATION,
    &[&SYSTEM, &BOT],
);
static REPORTING: BuiltIn = BuiltIn::new("System.Reporting", sources::SYSTEM_REPORTING, &[&SYSTEM]);
static AI: BuiltIn = BuiltIn::new(
    "System.Ai",
    sources::SYSTEM_AI,
    &[&SYSTEM, &BOT, &COMMUNICATION],
);

/// All of them, dependencies first.
static ALL: [&BuiltIn; 9] = [
    &SYSTEM,
    &STREAM_DATA,
    &IDENTITY,
    &NOTIFICATION,
    &UI,
    &BOT,
    &COMMUNICATION,
    &REPORTING,
    &AI,
];

/// `System-2.2.2`: entities, tenants, stored queries, blueprints.
pub fn system() -> Arc<CompiledModel> {
    SYSTEM.model()
}

/// `System.StreamData-1.7.1`: archives of time series and their rollups.
pub fn system_stream_data() -> Arc<CompiledModel> {
    STREAM_DATA.model()
}

/// `System.Identity-2.11.0`: users, roles, groups, clients, identity providers.
pub fn system_identity() -> Arc<CompiledModel> {
    IDENTITY.model()
}

/// `System.Notification-2.1.0`: events and message templates.
pub fn system_notification() -> Arc<CompiledModel> {
    NOTIFICATION.model()
}

/// `System.UI-2.4.0`: dashboards, diagrams, symbols, branding.
pub fn system_ui() -> Arc<CompiledModel> {
    UI.model()
}

/// `System.Bot-3.1.1`: fix-up scripts and drawn suggestions.
pub fn system_bot() -> Arc<CompiledModel> {
    BOT.model()
}

/// `System.Communication-3.28.0`: adapters, pipelines, triggers, connection settings.
pub fn system_communication() -> Arc<CompiledModel> {
    COMMUNICATION.model()
}

/// `System.Reporting-2.0.0`: report files and data connections.
pub fn system_reporting() -> Arc<CompiledModel> {
    REPORTING.model()
}

/// `System.Ai-3.3.0`: agents, their sessions, limits and credentials.
pub fn system_ai() -> Arc<CompiledModel> {
    AI.model()
}

/// The built-in model of that name.
pub fn named(name: &str) -> Option<Arc<CompiledModel>> {
    let built_in = ALL.iter().find(|built_in| built_in.name == name);
    built_in.map(|built_in| built_in.model())
}

/// All built-in models, dependencies first.
pub fn all() -> Vec<Arc<CompiledModel>> {
    ALL.iter().map(|built_in| built_in.model()).collect()
}

/// Compiles all built-in models anew, dependencies first: what a start of the program costs.
/// Programs ask for [`all`], which compiles once.
pub fn compile_all() -> Vec<Arc<CompiledModel>> {
    let mut models: Vec<Arc<CompiledModel>> = Vec::with_capacity(ALL.len());
    for built_in in ALL {
        models.push(built_in.compile(&models));
    }
    models
}

impl BuiltIn {
    const fn new(
        name: &'static str,
        sources: Sources,
        dependencies: &'static [&'static BuiltIn],
    ) -> Self {
        Self {
            name,
            sources,
            dependencies,
            compiled: OnceLock::new(),
        }
    }

    fn model(&self) -> Arc<CompiledModel> {
        let compile = || {
            let dependencies: Vec<_> = self.dependencies.iter().map(|d| d.model()).collect();
            self.compile(&dependencies)
        };
        self.compiled.get_or_init(compile).clone()
    }

    fn files(&self) -> SourceFiles {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        self.sources.iter().map(owned).collect()
    }

    fn compile(&self, available: &[Arc<CompiledModel>]) -> Arc<CompiledModel> {
        let result = compiler::compile_sources(self.files(), available);
        match result.model {
            Some(model) => Arc::new(model),
            // The texts are part of the binary and covered by tests.
            None => unreachable!("a built-in model does not compile:\n{}", result.diagnostics),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypeGraph;

    #[test]
    fn built_in_models_compile_without_findings() {
        for built_in in ALL {
            let result = compiler::compile_sources(built_in.files(), &all());
            assert!(result.diagnostics.is_empty(), "{}", result.diagnostics);
            assert_eq!(result.model.as_ref(), Some(built_in.model().as_ref()));
        }
        let graph = TypeGraph::build(all()).unwrap();
        let user = graph.find_type("System.Identity/User").unwrap();
        assert!(user.attribute("userName").unwrap().is_optional);
        assert!(user.is_a(&"System/Entity".parse().unwrap()));
    }

    #[test]
    fn models_are_found_by_name() {
        for model in all() {
            assert_eq!(named(model.model_id.name()), Some(model));
        }
        assert_eq!(named("System.Other"), None);
    }

    #[test]
    fn compiling_anew_gives_the_same_models() {
        assert_eq!(compile_all(), all());
    }

    #[test]
    fn every_element_is_described() {
        for model in all() {
            let types = model.types.iter().all(|e| e.description.is_some());
            let attributes = model.attributes.iter().all(|e| e.description.is_some());
            let records = model.records.iter().all(|e| e.description.is_some());
            let enums = model.enums.iter().all(|e| e.description.is_some());
            let roles = model
                .association_roles
                .iter()
                .all(|e| e.description.is_some());
            assert!(
                types && attributes && records && enums && roles,
                "{}",
                model.model_id
            );
        }
    }

    #[test]
    fn every_source_file_is_embedded() {
        let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        assert_eq!(std::fs::read_dir(&models).unwrap().count(), ALL.len());
        for built_in in ALL {
            let model = built_in.model();
            let mut on_disk = 0;
            for entry in std::fs::read_dir(models.join(model.model_id.name())).unwrap() {
                let path = entry.unwrap().path();
                on_disk += match path.is_dir() {
                    true => std::fs::read_dir(&path).unwrap().count(),
                    false => 1,
                };
            }
            assert_eq!(on_disk, built_in.sources.len(), "{}", model.model_id);
        }
    }
}
