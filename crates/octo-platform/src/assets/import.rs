//! M4: import of an uploaded Construction Kit model as a job (assets.md 8.2 and 10.1).

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::{Extension, Json};
use octo_ck::compiler::{Compilation, compile_sources};
use octo_ck::migration::is_service_managed;
use octo_ck::package::{self, ModelSource};
use octo_ck::read::read_compiled;
use octo_ck::{CkModelId, CompiledModel, Diagnostics, builtin};
use octo_runtime::Tenant;
use octo_sdk::assets::JobIdDto;

use super::upload::{self, UploadSlots, UploadedFile};
use crate::auth::{ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{MODEL_ROLES, require_any_role};
use crate::state::PlatformState;

/// Content types a model file may have. What the file really is shows in its first bytes.
const CONTENT_TYPES: [&str; 11] = [
    "application/json",
    "text/json",
    "application/x-yaml",
    "application/yaml",
    "text/yaml",
    "text/x-yaml",
    "text/plain",
    "application/octet-stream",
    "application/zip",
    "application/x-zip-compressed",
    "multipart/x-zip",
];

/// M4: takes the file and answers with the id of the job that imports it.
pub(super) async fn import_ck(
    State(state): State<PlatformState>,
    Extension(slots): Extension<UploadSlots>,
    caller: TenantCaller<ReadWrite>,
    form: Multipart,
) -> Result<Json<JobIdDto>, Problem> {
    require_any_role(&caller.caller, MODEL_ROLES)?;
    let slot = slots.take()?;
    let file = upload::receive(form, &state.config().data_dir).await?;
    drop(slot);
    require_known_type(file.content_type.as_deref())?;
    let tenant = Arc::clone(&caller.tenant);
    let job = state
        .jobs()
        .submit(caller.tenant.id(), import(tenant, file));
    Ok(Json(JobIdDto {
        job_id: job.map_err(Problem::busy)?,
    }))
}

fn require_known_type(content_type: Option<&str>) -> Result<(), Problem> {
    let Some(given) = content_type else {
        return Ok(());
    };
    let kind = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if kind.is_empty() || CONTENT_TYPES.contains(&kind.as_str()) {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "File type '{given}' is not supported."
    )))
}

async fn import(tenant: Arc<Tenant>, file: UploadedFile) -> Result<(), String> {
    let installed = tenant.graph().models().to_vec();
    let name = file.name.clone();
    let model = tokio::task::spawn_blocking(move || read_model(file, &installed));
    let model = model
        .await
        .map_err(|error| format!("'{name}' could not be read: {error}"))??;
    let id = model.model_id.clone();
    let import = match is_service_managed(id.name()) {
        true => {
            require_own(&id)?;
            tenant.install_service_models(&[id.name()]).await
        }
        false => tenant.import_model(model).await,
    };
    let import = import.map_err(|error| error.to_string())?;
    tracing::info!(tenant = %tenant.id(), model = %id, "imported a model");
    for broken in &import.broken {
        tracing::warn!(tenant = %tenant.id(), model = %broken, "a model no longer resolves");
    }
    let migrated = import.migrations.iter().flat_map(|result| &result.warnings);
    for warning in migrated.chain(&import.warnings) {
        tracing::warn!(tenant = %tenant.id(), model = %id, %warning, "while importing");
    }
    Ok(())
}

/// Models that services manage are brought along and kept up to date by this program (spec, Assets 8.3),
/// whose services read and write entities of exactly its own. Asking for that very version is harmless:
/// the program's own is installed, whatever the file says.
fn require_own(given: &CkModelId) -> Result<(), String> {
    match builtin::named(given.name()) {
        Some(own) if own.model_id == *given => Ok(()),
        Some(own) => Err(format!(
            "'{given}' belongs to the platform and cannot be imported: its services use '{}', which you can import by that name.",
            own.model_id
        )),
        None => Err(format!(
            "'{given}' cannot be imported: names that begin with 'System.' belong to the platform. Give the model another name."
        )),
    }
}

fn read_model(
    file: UploadedFile,
    installed: &[Arc<CompiledModel>],
) -> Result<CompiledModel, String> {
    let source = package::read(file.content, &file.name).map_err(|error| error.to_string())?;
    match source {
        ModelSource::Compiled { name, text } => {
            read_compiled(&text, &name).map_err(|found| refused("is not a compiled model", &found))
        }
        ModelSource::Folder(files) => {
            let Compilation { model, diagnostics } = compile_sources(files, installed);
            model.ok_or_else(|| refused("does not compile", &diagnostics))
        }
    }
}

fn refused(what: &str, found: &Diagnostics) -> String {
    format!("The model {what}:\n{found}")
}
