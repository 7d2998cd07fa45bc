//! URI overlays of clients (`spec/identity.md` 4.4, C11 and C12).

use super::{ApplyOverlayUrisDto, ApplyOverlayUrisResultDto, CleanOverlayEntriesResultDto};
use crate::ServiceError;
use crate::identity::IdentityClient;

impl IdentityClient {
    /// C11: adds URIs to a client under the name of an overlay; URIs that are there already are
    /// counted, not added.
    ///
    /// # Errors
    /// [`ServiceError`]; 400 when there is no URI at all, 404 for an unknown client.
    pub async fn apply_client_overlay(
        &self,
        client_id: &str,
        overlay: &ApplyOverlayUrisDto,
    ) -> Result<ApplyOverlayUrisResultDto, ServiceError> {
        self.service
            .post(&["clients", client_id, "overlayUris"])
            .json(overlay)
            .read()
            .await
    }

    /// C12: removes the URIs of one overlay, or of all of them, from every client of the tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn clean_client_overlays(
        &self,
        overlay_name: Option<&str>,
    ) -> Result<CleanOverlayEntriesResultDto, ServiceError> {
        let request = self.service.delete(&["clients", "cleanOverlayEntries"]);
        match overlay_name {
            Some(name) => request.query("overlayName", name),
            None => request,
        }
        .read()
        .await
    }
}
