//! Importing model files (spec, assets 9).

use octo_sdk::assets::{ModelFile, ModelFileType};
use octo_sdk::bot::{JobDto, JobWait};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};
use crate::transfer::Transfer;

/// The group of model-file tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Asset repository: model file import/export",
        "Bringing model files into a tenant",
    )
    .tool(
        tool("import_ck_model", import_ck_model)
            .risk(Risk::Medium)
            .adds()
            .destructive(),
    )
}

/// Imports a Construction Kit model from an uploaded file: a compiled model (.json, .yaml), or a
/// .zip with one or with the source folder of a model, which is then compiled. Replaces an older
/// version of the model; if anything is wrong the tenant keeps what it had. Waits for the import
/// to finish.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ImportCkModel {
    /// The uploaded file, see prepare_file_upload.
    transfer_id: String,
    /// How long to wait for the import, minutes.
    #[serde(default = "ten")]
    wait_timeout_minutes: i32,
}

fn ten() -> i32 {
    10
}

/// A finished import.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Imported {
    /// The job that did it.
    job_id: String,
}

async fn import_ck_model(cx: TenantCall, p: ImportCkModel) -> ToolResult<Done<Imported>> {
    let transfer = uploaded(&cx, &p.transfer_id).await?;
    if ModelFileType::of_name(&transfer.file_name).is_none() {
        return Err(Failure::new(format!(
            "'{}' is not a supported file. Use .zip, .json or .yaml.",
            transfer.file_name
        )));
    }
    let file = ModelFile {
        path: &transfer.path,
        name: &transfer.file_name,
    };
    let job = cx.assets()?.import_ck_model(file).await?.job_id;
    wait(&cx, &job, p.wait_timeout_minutes).await?;
    cx.services()
        .transfers
        .cancel(&transfer.id, &cx.principal().await?);
    Ok(Done::new(
        format!("CK model import completed (job '{job}')."),
        Imported { job_id: job },
    ))
}

async fn uploaded(cx: &TenantCall, id: &str) -> Result<Transfer, Failure> {
    let owner = cx.principal().await?;
    let transfer = cx.services().transfers.complete(id.trim(), &owner);
    transfer.map_err(|_| Failure::new(format!("Upload '{id}' not found or expired.")))
}

/// Waits for a job and tells the client how it is going. A call that is cancelled leaves the job
/// running.
async fn wait(cx: &TenantCall, job: &str, minutes: i32) -> Result<(), Failure> {
    let bot = cx.bot()?;
    let (states, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let look = move |state: &JobDto| {
        // The receiver lives as long as the wait.
        let _ = states.send(state.status.clone().unwrap_or_default());
    };
    // Ends when the wait is over and drops `look`, with nothing left untold.
    let report = async {
        let mut looks = 0.0;
        while let Some(state) = seen.recv().await {
            looks += 1.0;
            if let Some(progress) = &cx.incoming().progress {
                progress.report(looks, &state).await;
            }
        }
    };
    let waiting = bot.wait_for_job(job, JobWait::minutes(minutes), look);
    let (waited, ()) = tokio::join!(waiting, report);
    waited
        .map(drop)
        .map_err(|error| Failure::new(error.to_string()).with("jobId", job))
}
