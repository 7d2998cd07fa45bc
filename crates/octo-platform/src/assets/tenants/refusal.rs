//! Status and text of refused tenant operations (assets.md 3.1 and 3.2).

use http::StatusCode;
use octo_runtime::RuntimeError;

use super::super::setup::SetupError;
use crate::problem::Problem;

/// How one operation answers when the runtime refuses.
pub(super) struct Refusal {
    /// Shown when the platform itself failed.
    failed: &'static str,
    /// Whether a taken id or database name is a conflict (409) or a bad request (400).
    taken_is_conflict: bool,
    /// Whether an unknown child is 404 with its text, or a bad request.
    unknown_is_not_found: bool,
}

const BASE: Refusal = Refusal {
    failed: "The tenant could not be changed.",
    taken_is_conflict: false,
    unknown_is_not_found: false,
};

/// T3.
pub(super) const CREATE: Refusal = Refusal {
    failed: "The tenant could not be created.",
    taken_is_conflict: true,
    ..BASE
};
/// T4.
pub(super) const ATTACH: Refusal = Refusal {
    failed: "The tenant could not be attached.",
    ..BASE
};
/// T5.
pub(super) const DETACH: Refusal = Refusal {
    failed: "The tenant could not be detached.",
    ..BASE
};
/// T6.
pub(super) const CLEAN: Refusal = Refusal {
    failed: "The tenant could not be cleaned.",
    ..BASE
};
/// T7 and T11.
pub(super) const UPDATE: Refusal = BASE;
/// T8.
pub(super) const DELETE: Refusal = Refusal {
    failed: "The tenant could not be deleted.",
    unknown_is_not_found: true,
    ..BASE
};

impl Refusal {
    /// The answer for a refusal of the runtime.
    pub(super) fn problem(&self, error: &RuntimeError) -> Problem {
        match error {
            RuntimeError::Store(cause) => Problem::internal(self.failed, cause),
            RuntimeError::TenantIdTaken(_) | RuntimeError::DatabaseNameTaken(_)
                if self.taken_is_conflict =>
            {
                Problem::conflict(error)
            }
            RuntimeError::TenantHasChildren { .. } => Problem::conflict(error),
            RuntimeError::TenantUnknown(_) if self.unknown_is_not_found => {
                Problem::text(StatusCode::NOT_FOUND, error)
            }
            _ => Problem::bad_request(error),
        }
    }

    /// The answer for a failed setup.
    pub(super) fn setup_problem(&self, error: &SetupError) -> Problem {
        match error {
            SetupError::Refused(error) => self.problem(error),
            SetupError::UserGone => Problem::forbidden(error),
            SetupError::Incomplete(cause) => Problem::internal(self.failed, cause),
        }
    }
}

/// The answer when the registry cannot be read.
pub(super) fn unreadable(error: &RuntimeError) -> Problem {
    BASE.problem(error)
}
