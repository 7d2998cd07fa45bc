//! M4: import of an uploaded Construction Kit model as a job (assets.md 8.2 and 10.1).

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::{Extension, Json};
use octo_ck::compiler::{Compilation, compile_sources};
use octo_ck::package::{self, ModelSource};
use octo_ck::read::read_compiled;
use octo_ck::{CompiledModel, Diagnostics};
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
    if is_own(&model)? {
        return Ok(());
    }
    tenant
        .import_model(model)
        .await
        .map_err(|error| error.to_string())?;
    tracing::info!(tenant = %tenant.id(), model = %id, "imported a model");
    Ok(())
}

/// Whether this is a model of the platform itself, which every tenant has already. Another version
/// of one is refused: the services read and write entities of exactly their own.
fn is_own(model: &CompiledModel) -> Result<bool, String> {
    let (given, name) = (&model.model_id, model.model_id.name());
    let builtin = [
        octo_ck::builtin::system(),
        octo_ck::builtin::system_identity(),
    ];
    match builtin.iter().find(|own| own.model_id.name() == name) {
        None => Ok(false),
        Some(own) if own.model_id == *given => Ok(true),
        Some(own) => Err(format!(
            "'{given}' belongs to the platform and cannot be imported: every tenant has '{}'.",
            own.model_id
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
