//! The texts of the built-in models, part of the binary.

use super::Sources;

/// A list of `(path in the model folder, text)` of the named files under `models/<model>/`.
macro_rules! sources {
    ($model:literal: $($path:literal),+ $(,)?) => {
        &[$((
            $path,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $model, "/", $path)),
        )),+]
    };
}

pub(super) const SYSTEM: Sources = sources!("System":
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

pub(super) const SYSTEM_IDENTITY: Sources = sources!("System.Identity":
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

pub(super) const SYSTEM_STREAMDATA: Sources = sources!("System.StreamData":
    "ckModel.yaml",
    "attributes/archives.yaml",
    "attributes/columns.yaml",
    "attributes/recompute.yaml",
    "attributes/rollups.yaml",
    "enums/archives.yaml",
    "enums/recompute.yaml",
    "migrations/1.1.0-to-1.2.0.yaml",
    "migrations/migration-meta.yaml",
    "records/records.yaml",
    "types/archives.yaml",
    "types/jobs.yaml",
);

pub(super) const SYSTEM_NOTIFICATION: Sources = sources!("System.Notification":
    "ckModel.yaml",
    "attributes/events.yaml",
    "attributes/messages.yaml",
    "attributes/settings.yaml",
    "enums/enums.yaml",
    "types/events.yaml",
    "types/messages.yaml",
);

pub(super) const SYSTEM_UI: Sources = sources!("System.UI":
    "ckModel.yaml",
    "attributes/branding.yaml",
    "attributes/dashboards.yaml",
    "attributes/diagrams.yaml",
    "attributes/navigation.yaml",
    "attributes/symbols.yaml",
    "records/records.yaml",
    "types/appearance.yaml",
    "types/dashboards.yaml",
    "types/diagrams.yaml",
    "types/navigation.yaml",
);

pub(super) const SYSTEM_BOT: Sources = sources!("System.Bot":
    "ckModel.yaml",
    "associations/roles.yaml",
    "attributes/attributes.yaml",
    "types/types.yaml",
);

pub(super) const SYSTEM_COMMUNICATION: Sources = sources!("System.Communication":
    "ckModel.yaml",
    "associations/deployment.yaml",
    "associations/mappings.yaml",
    "associations/pipelines.yaml",
    "attributes/adapters.yaml",
    "attributes/ai.yaml",
    "attributes/appearance.yaml",
    "attributes/connections.yaml",
    "attributes/deployment.yaml",
    "attributes/energy.yaml",
    "attributes/grafana.yaml",
    "attributes/pipelines.yaml",
    "attributes/sap.yaml",
    "attributes/statistics.yaml",
    "enums/enums.yaml",
    "migrations/3.0.1-to-3.0.2.yaml",
    "migrations/3.0.2-to-3.0.3.yaml",
    "migrations/3.0.3-to-3.1.0.yaml",
    "migrations/3.1.0-to-3.1.1.yaml",
    "migrations/migration-meta.yaml",
    "records/records.yaml",
    "types/connections.yaml",
    "types/deployment.yaml",
    "types/energy.yaml",
    "types/mappings.yaml",
    "types/pipelines.yaml",
);

pub(super) const SYSTEM_REPORTING: Sources = sources!("System.Reporting":
    "ckModel.yaml",
    "attributes/attributes.yaml",
    "types/connections.yaml",
    "types/files.yaml",
);

pub(super) const SYSTEM_AI: Sources = sources!("System.Ai":
    "ckModel.yaml",
    "associations/roles.yaml",
    "attributes/agents.yaml",
    "attributes/approvals.yaml",
    "attributes/credentials.yaml",
    "attributes/sessions.yaml",
    "attributes/usage.yaml",
    "enums/agents.yaml",
    "enums/approvals.yaml",
    "enums/credentials.yaml",
    "enums/sessions.yaml",
    "types/agents.yaml",
    "types/approvals.yaml",
    "types/credentials.yaml",
    "types/sessions.yaml",
    "types/usage.yaml",
);
