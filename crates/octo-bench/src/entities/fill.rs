//! Bringing a model and many entities into a tenant.

use std::path::Path;
use std::process::Command;

use octo_sdk::assets::{AssetsClient, ModelFile};
use octo_sdk::bot::{BotClient, JobWait};
use octo_sdk::{AccessToken, Http, HttpOptions};
use serde_json::{Value, json};
use url::Url;

use crate::Failure;
use crate::process::{OctoServer, octo_mcp};

/// States of a machine, by key.
const STATES: u64 = 3;

/// Compiles the model of the workshop and imports it.
pub(super) async fn import_model(
    server: &OctoServer,
    tenant: &str,
    token: &AccessToken,
    folder: &Path,
    scratch: &Path,
) -> Result<(), Failure> {
    let compiled = scratch.join("workshop.json");
    let status = Command::new(octo_mcp()?)
        .args(["ck", "compile"])
        .arg(folder)
        .arg("--out")
        .arg(&compiled)
        .status()?;
    if !status.success() {
        return Err(format!("'{}' does not compile", folder.display()).into());
    }
    let http = Http::new(&HttpOptions::default())?;
    let (assets, bot) = (
        Url::parse(server.address("assets")?)?,
        Url::parse(server.address("bot")?)?,
    );
    let file = ModelFile {
        path: &compiled,
        name: "workshop.json",
    };
    let assets = AssetsClient::new(&http, &assets, tenant, token.clone())?;
    let job = assets.import_ck_model(file).await?.job_id;
    let bot = BotClient::new(&http, &bot, tenant, token.clone())?;
    bot.wait_for_job(&job, JobWait::minutes(1), |_| ()).await?;
    Ok(())
}

/// Arguments of `create_entity` for a machine whose serial number is the call's own number.
pub(super) fn one_machine(tenant: &str, number: &str) -> Value {
    let mut machine = machine(&format!("new-{number}"), 7);
    machine["tenantId"] = json!(tenant);
    machine
}

/// Arguments of `create_entities` for the machines from `first` on.
pub(super) fn machines(tenant: &str, first: u64, count: u64) -> Value {
    let entities: Vec<Value> = (first..first + count)
        .map(|number| machine(&serial(number), number))
        .collect();
    json!({"tenantId": tenant, "entities": entities})
}

/// Serial number of the machine with that number.
pub(super) fn serial(number: u64) -> String {
    format!("S-{number:08}")
}

fn machine(serial: &str, number: u64) -> Value {
    // Spread, but the same in every run.
    let spread = number.wrapping_mul(2_654_435_761) >> 7;
    json!({"ckTypeId": "Workshop/Machine", "entityData": [
        {"attributePath": "name", "value": format!("Machine {number}")},
        {"attributePath": "serialNumber", "value": serial},
        {"attributePath": "state", "value": spread % STATES},
        {"attributePath": "ratedPower", "value": (spread % 1_000) as f64 / 10.0},
        {"attributePath": "maker.company", "value": format!("Company {}", spread % 97)},
        {"attributePath": "maker.country", "value": "AT"},
    ]})
}
