//! Changes that are made only while a thing is as it was read.
//!
//! Services replace things as a whole: whoever changes a part reads, changes and writes everything,
//! and of two who do so at once the second undoes the first. A service that tells revisions
//! (`ETag`) can be asked to refuse the second write (`If-Match`, answered by 412 when overtaken). A
//! service that tells none is written to as ever.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::{ETAG, HeaderMap, HeaderValue};

/// The revision that was read last; `None` if the service told none.
#[derive(Clone, Debug, Default)]
pub(super) struct LastRead(Arc<Mutex<Option<HeaderValue>>>);

impl LastRead {
    /// Notes what the headers of an answer say.
    pub(super) fn note(&self, headers: &HeaderMap) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = headers.get(ETAG).cloned();
    }

    /// The revision.
    pub(super) fn get(&self) -> Option<HeaderValue> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What a caller wants to do about revisions.
#[derive(Clone, Debug, Default)]
pub(super) enum Revisions {
    /// Nothing.
    #[default]
    Ignored,
    /// Reads note them.
    Noted(LastRead),
    /// Writes are made only if this is the present one; `None` makes them in any case.
    Required(Option<HeaderValue>),
}
