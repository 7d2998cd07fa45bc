//! That somebody has signed in since an application asked for it.
//!
//! A request that wants a new log-in (`prompt=login`, `max_age`) comes back after the log-in, and must
//! not ask for another one. It then carries a parameter of ours: since when a sign-in counts. Whoever
//! wrote the request could add such a parameter as well, so it is sealed together with the request.

use octo_runtime::TenantId;

use crate::oidc::form::Params;
use crate::secret::Sealer;

/// The parameter: seconds since 1970, a dot, the seal.
const NAME: &str = "signed_in_since";
const SEAL_LABEL: &str = "signed-in-since";

/// Since when a sign-in counts for this request, seconds since 1970; `None` if the request was not
/// sent to the log-in page by us.
pub(super) fn since(sealer: &Sealer, tenant: &TenantId, params: &Params) -> Option<i64> {
    let (since, seal) = params.get(NAME)?.split_once('.')?;
    let parts = [tenant.to_string(), since.to_owned(), request(params)];
    let sealed = sealer.verify(SEAL_LABEL, &parts, seal);
    since.parse().ok().filter(|_| sealed)
}

/// The request, to come back with after somebody has signed in at `since` or later.
pub(super) fn asking(sealer: &Sealer, tenant: &TenantId, params: &Params, since: i64) -> Params {
    let since = since.to_string();
    let seal = sealer.seal(
        SEAL_LABEL,
        &[tenant.to_string(), since.clone(), request(params)],
    );
    params.clone().with(NAME, Some(format!("{since}.{seal}")))
}

fn request(params: &Params) -> String {
    params.clone().with(NAME, None).to_query()
}
