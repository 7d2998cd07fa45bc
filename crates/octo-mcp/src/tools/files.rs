//! Reserving file transfers (spec, assets 12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::UserCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Toolset, tool};

/// The group of file-transfer tools.
pub fn toolset() -> Toolset {
    Toolset::new("File transfer", "Moving files to and from tools over HTTP")
        .tool(tool("prepare_file_upload", prepare_file_upload).adds())
        .tool(tool("cancel_file_transfer", cancel_file_transfer).destructive())
}

/// Reserves an upload. Send the file with an HTTP PUT to the returned address (for example
/// `curl -T FILE URL`), then pass transferId to the tool that uses the file. The reservation lives
/// for 30 minutes and belongs to the caller; a file may have 5 GiB.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PrepareFileUpload {
    /// Name of the file; its ending tells the tools what it is.
    file_name: String,
}

/// A reserved upload.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Reserved {
    /// Names the transfer to other tools.
    transfer_id: String,
    /// Path to PUT the file to.
    upload_url_path: String,
    /// The same as a full address.
    upload_url: String,
    /// End of the reservation.
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires_at_utc: jiff::Timestamp,
}

async fn prepare_file_upload(cx: UserCall, p: PrepareFileUpload) -> ToolResult<Done<Reserved>> {
    let reserved = cx
        .services()
        .transfers
        .reserve(cx.principal()?, &p.file_name);
    let transfer = reserved.map_err(|error| Failure::new(error.to_string()))?;
    let path = format!("/file-transfer/upload/{}", transfer.id);
    let text = format!(
        "Reserved upload slot. PUT the file body to '{path}' and then call the matching import / restore tool with this transferId."
    );
    Ok(Done::new(
        text,
        Reserved {
            upload_url: format!("{}{path}", cx.services().public_url),
            upload_url_path: path,
            transfer_id: transfer.id,
            expires_at_utc: transfer.expires,
        },
    ))
}

/// Ends a transfer of the caller and deletes its file.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CancelFileTransfer {
    /// The transfer.
    transfer_id: String,
}

/// An ended transfer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Cancelled {
    /// The transfer.
    transfer_id: String,
}

async fn cancel_file_transfer(cx: UserCall, p: CancelFileTransfer) -> ToolResult<Done<Cancelled>> {
    cx.services()
        .transfers
        .cancel(&p.transfer_id, &cx.principal()?);
    let text = format!("Transfer '{}' cancelled.", p.transfer_id);
    Ok(Done::new(
        text,
        Cancelled {
            transfer_id: p.transfer_id,
        },
    ))
}
