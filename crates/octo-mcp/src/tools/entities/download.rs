//! Files of entities on their way to the caller (spec, runtime 4.3; assets 12).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};
use octo_runtime::{BinaryInfo, RtId, RuntimeError, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Found, find, protection};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::transfer::Transfer;

/// Prepares the download of a file an entity refers to, a value of type BinaryLinked. Fetch it with
/// an HTTP GET from the returned address (for example `curl -o FILE URL`). The address works for 30
/// minutes and for whoever has it; cancel_file_transfer ends it earlier.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetEntityBinary {
    /// Id of the type or of a base type, e.g. "Basic/City".
    ck_type_id: String,
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Attribute with the file, or path to it: photo, address.plan, items[0].scan.
    attribute_path: String,
}

/// A file ready to be fetched.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prepared {
    /// Names the transfer to other tools.
    transfer_id: String,
    /// Path to GET the file from.
    download_url_path: String,
    /// The same as a full address.
    download_url: String,
    /// Name of the file.
    file_name: String,
    /// Its media type.
    content_type: String,
    /// Its size in bytes.
    size_bytes: u64,
    /// End of the download.
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires_at_utc: jiff::Timestamp,
}

pub(super) async fn get_entity_binary(
    cx: TenantCall,
    p: GetEntityBinary,
) -> ToolResult<Done<Prepared>> {
    let Found {
        tenant,
        graph,
        entity,
    } = find(&cx, &p.ck_type_id, &p.rt_id).await?;
    let path = p.attribute_path.trim();
    let ck_type = entity.ck_type_id.to_string();
    if protection::refuse_path(&graph, &ck_type, path).is_err() {
        return Err(Failure::new(format!(
            "'{path}' holds secrets and cannot be read."
        )));
    }
    let entity = protection::redacted(entity, &graph);
    let info = tenant.linked_binary(&entity, path)?;
    let info = info.ok_or_else(|| {
        Failure::new(format!(
            "Attribute '{path}' of '{}' has no value.",
            entity.entity_ref()
        ))
    })?;
    let transfer = copy(&cx, tenant, entity.rt_id, &info).await?;
    let path = format!("/file-transfer/download/{}", transfer.id);
    let text = format!(
        "'{}' ({} bytes) can be fetched with GET from '{path}'.",
        info.filename, info.size
    );
    Ok(Done::new(
        text,
        Prepared {
            download_url: format!("{}{path}", cx.services().public_url),
            download_url_path: path,
            file_name: transfer.file_name,
            content_type: info.content_type,
            size_bytes: u64::try_from(info.size).unwrap_or(0),
            transfer_id: transfer.id,
            expires_at_utc: transfer.expires,
        },
    ))
}

/// A transfer with a copy of the file: it stays what it is however the entity changes meanwhile.
async fn copy(
    cx: &TenantCall,
    tenant: Arc<Tenant>,
    owner: RtId,
    info: &BinaryInfo,
) -> Result<Transfer, Failure> {
    let transfers = &cx.services().transfers;
    let principal = cx.principal().await?;
    let transfer = transfers
        .reserve(principal.clone(), &info.filename)
        .map_err(|error| Failure::new(error.to_string()))?;
    let parts = Box::pin(parts(tenant, owner, info.binary_id));
    let media_type = Some(info.content_type.clone());
    let copied = transfers.receive(&transfer.id, Some(&principal), media_type, parts);
    let problem = match copied.await {
        Ok(size) if i64::try_from(size).ok() == Some(info.size) => return Ok(transfer),
        Ok(_) => format!(
            "The content of '{}' is not there (any more). Read the entity again.",
            info.filename
        ),
        Err(error) => error.to_string(),
    };
    transfers.cancel(&transfer.id, &principal);
    Err(Failure::new(problem))
}

fn parts(
    tenant: Arc<Tenant>,
    owner: RtId,
    binary: RtId,
) -> impl Stream<Item = Result<Bytes, RuntimeError>> {
    stream::try_unfold((tenant, 0_u64), move |(tenant, offset)| async move {
        let part = tenant.binary_part(owner, binary, offset).await?;
        Ok(part.map(|part| {
            let offset = offset + part.len() as u64;
            (Bytes::from(part), (tenant, offset))
        }))
    })
}
