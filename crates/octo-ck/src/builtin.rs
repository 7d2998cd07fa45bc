//! Models every deployment carries, written as source folders under `models/` of this crate and
//! compiled on first use (spec, System models 3 and 5).

use std::sync::{Arc, OnceLock};

use crate::compiler::{self, SourceFiles};
use crate::model::CompiledModel;

/// A list of `(path in the model folder, text)` of the named files under `models/<model>/`.
macro_rules! sources {
    ($model:literal: $($path:literal),+ $(,)?) => {
        &[$((
            $path,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $model, "/", $path)),
        )),+]
    };
}

const SYSTEM: &[(&str, &str)] = sources!("System":
    "ckModel.yaml",
    "associations/roles.yaml",
    "attributes/blueprints.yaml",
    "attributes/common.yaml",
    "attributes/entity.yaml",
    "attributes/migrations.yaml",
    "attributes/queries.yaml",
    "attributes/tenants.yaml",
    "enums/enums.yaml",
    "migrations/1.0.3-to-2.0.0.yaml",
    "migrations/migration-meta.yaml",
    "records/records.yaml",
    "types/blueprints.yaml",
    "types/entity.yaml",
    "types/migrations.yaml",
    "types/queries.yaml",
    "types/tenants.yaml",
);

const SYSTEM_IDENTITY: &[(&str, &str)] = sources!("System.Identity":
    "ckModel.yaml",
    "associations/roles.yaml",
    "attributes/clients.yaml",
    "attributes/common.yaml",
    "attributes/permissions.yaml",
    "attributes/providers.yaml",
    "attributes/resources.yaml",
    "attributes/sessions.yaml",
    "attributes/users.yaml",
    "enums/enums.yaml",
    "migrations/2.8.0-to-2.9.0.yaml",
    "migrations/migration-meta.yaml",
    "records/records.yaml",
    "types/clients.yaml",
    "types/permissions.yaml",
    "types/providers.yaml",
    "types/resources.yaml",
    "types/sessions.yaml",
    "types/users.yaml",
);

/// `System-2.2.2`: entities, tenants, stored queries, blueprints.
pub fn system() -> Arc<CompiledModel> {
    static MODEL: OnceLock<Arc<CompiledModel>> = OnceLock::new();
    MODEL.get_or_init(|| compile(SYSTEM, &[])).clone()
}

/// `System.Identity-2.11.0`: users, roles, groups, clients, identity providers.
pub fn system_identity() -> Arc<CompiledModel> {
    static MODEL: OnceLock<Arc<CompiledModel>> = OnceLock::new();
    MODEL
        .get_or_init(|| compile(SYSTEM_IDENTITY, &[system()]))
        .clone()
}

/// All built-in models, dependencies first.
pub fn all() -> Vec<Arc<CompiledModel>> {
    vec![system(), system_identity()]
}

fn compile(sources: &[(&str, &str)], available: &[Arc<CompiledModel>]) -> Arc<CompiledModel> {
    let files: SourceFiles = sources
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let result = compiler::compile_sources(files, available);
    match result.model {
        Some(model) => Arc::new(model),
        // The texts are part of the binary and covered by tests.
        None => unreachable!("a built-in model does not compile:\n{}", result.diagnostics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypeGraph;

    #[test]
    fn built_in_models_compile_without_findings() {
        for (sources, available) in [(SYSTEM, vec![]), (SYSTEM_IDENTITY, vec![system()])] {
            let files = sources
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect();
            let result = compiler::compile_sources(files, &available);
            assert!(result.diagnostics.is_empty(), "{}", result.diagnostics);
        }
        let graph = TypeGraph::build(all()).unwrap();
        let user = graph.find_type("System.Identity/User").unwrap();
        assert!(user.attribute("userName").unwrap().is_optional);
        assert!(user.is_a(&"System/Entity".parse().unwrap()));
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
        for (folder, embedded) in [("System", SYSTEM), ("System.Identity", SYSTEM_IDENTITY)] {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("models")
                .join(folder);
            let mut on_disk = 0;
            for entry in std::fs::read_dir(&root).unwrap() {
                let path = entry.unwrap().path();
                on_disk += match path.is_dir() {
                    true => std::fs::read_dir(&path).unwrap().count(),
                    false => 1,
                };
            }
            assert_eq!(on_disk, embedded.len(), "{folder}");
        }
    }
}
