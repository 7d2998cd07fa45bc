//! Uploaded files as values of entities (spec, runtime 4.3): `{"transferId": "…"}`.

use octo_runtime::{BinaryContent, ChangeSet, NewBinary};
use serde_json::Value;

use crate::auth::Principal;
use crate::call::TenantCall;
use crate::reply::Failure;
use crate::transfer::Transfer;

/// The caller's uploads that values of a call name.
#[derive(Default)]
pub(super) struct Uploads {
    transfers: Vec<(Principal, Transfer)>,
}

impl Uploads {
    /// The uploads named in values, as far as they are complete and the caller's own. The others are
    /// reported by the write itself, which knows whether a value is a file at all.
    ///
    /// # Errors
    /// The caller cannot be identified.
    pub(super) async fn of<'v>(
        cx: &TenantCall,
        values: impl Iterator<Item = &'v Value>,
    ) -> Result<Self, Failure> {
        let mut ids = Vec::new();
        for value in values {
            collect(value, &mut ids);
        }
        if ids.is_empty() {
            return Ok(Self::default());
        }
        ids.sort_unstable();
        ids.dedup();
        let owner = cx.principal().await?;
        let store = &cx.services().transfers;
        let complete = |id| Some((owner.clone(), store.complete(id, &owner).ok()?));
        Ok(Self {
            transfers: ids.into_iter().filter_map(complete).collect(),
        })
    }

    /// The change set with the uploads its values may refer to.
    pub(super) fn offer(&self, changes: ChangeSet) -> ChangeSet {
        let transfers = self.transfers.iter().map(|(_, transfer)| transfer);
        transfers.fold(changes, |changes, transfer| {
            changes.add_binary(NewBinary::new(
                &transfer.id,
                &transfer.file_name,
                &transfer.content_type,
                transfer.size,
                BinaryContent::File(transfer.path.clone()),
            ))
        })
    }

    /// Ends the transfers, whose files are stored now.
    pub(super) fn done(self, cx: &TenantCall) {
        for (owner, transfer) in self.transfers {
            cx.services().transfers.cancel(&transfer.id, &owner);
        }
    }
}

fn collect<'v>(value: &'v Value, ids: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(id)
                        if members.len() == 1 && name.eq_ignore_ascii_case("transferId") =>
                    {
                        ids.push(id.trim());
                    }
                    other => collect(other, ids),
                }
            }
        }
        _ => {}
    }
}
