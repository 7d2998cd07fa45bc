//! Pages of lists: `skip`, `take`, `filter` and the `X-Pagination` header.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use octo_sdk::identity::PagedResult;
use serde::Serialize;
use serde_json::json;

use super::Params;
use crate::problem::Problem;

const X_PAGINATION: HeaderName = HeaderName::from_static("x-pagination");

/// Items of a page when the request does not say.
const DEFAULT_TAKE: u32 = 100;

/// Items of a page at most.
const MAX_TAKE: u32 = 1_000;

/// Which part of a list is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    /// Items to leave out.
    pub(crate) skip: u32,
    /// Items to return at most.
    pub(crate) take: u32,
    /// Only items whose name contains this text.
    pub(crate) filter: Option<String>,
}

impl Paging {
    /// Reads `skip`, `take` and `filter`.
    pub(crate) fn read(params: &Params) -> Result<Self, Problem> {
        Ok(Self {
            skip: params.parsed("skip")?.unwrap_or(0),
            take: params.parsed("take")?.unwrap_or(DEFAULT_TAKE).min(MAX_TAKE),
            filter: params.get("filter").map(str::to_owned),
        })
    }

    /// The answer: the page, and its numbers once more as header.
    pub(crate) fn answer<T: Serialize>(&self, items: Vec<T>, total: u64) -> Response {
        let page = PagedResult {
            total_count: i64::try_from(total).unwrap_or(i64::MAX),
            skip: Some(i64::from(self.skip)),
            take: Some(i64::from(self.take)),
            list: items,
        };
        let numbers =
            json!({ "totalCount": page.total_count, "skip": page.skip, "take": page.take });
        ([(X_PAGINATION, numbers.to_string())], Json(page)).into_response()
    }
}
