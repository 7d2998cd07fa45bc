//! Fetching the index: root, libraries, versions, several documents at a time.

use futures_util::StreamExt as _;
use futures_util::stream;
use octo_ck::catalog::{CatalogError, Document, Index, IndexProblem, IndexReader};

use super::fetch::{Fetch, Found};

/// Size of an index document in bytes.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;

/// The index as the source has it now.
///
/// # Errors
/// The source does not answer, or what it answers is no index. A source without a root index is
/// an empty catalog.
pub(super) async fn index(fetch: &Fetch) -> Result<Index, CatalogError> {
    let mut reader = IndexReader::default();
    let mut is_root = true;
    loop {
        // What is known now is fetched together; what it leads to comes in the next round.
        let round: Vec<String> = reader.all_wanted().map(str::to_owned).collect();
        if round.is_empty() {
            return Ok(reader.finish());
        }
        let mut documents = stream::iter(round)
            .map(|path| async move { fetch.get(&path, MAX_DOCUMENT).await })
            .buffered(fetch.concurrency);
        while let Some(found) = documents.next().await {
            let document = match found {
                Ok(Found::Text(text)) => Document::Text(text),
                Ok(Found::Missing) => Document::Missing,
                Err(problem) if is_root => return Err(problem),
                Err(problem) => Document::Failed(problem.to_string()),
            };
            reader
                .take(document)
                .map_err(|problem| refused(fetch, problem))?;
        }
        is_root = false;
    }
}

fn refused(fetch: &Fetch, problem: IndexProblem) -> CatalogError {
    let catalog = fetch.catalog().to_owned();
    match problem {
        IndexProblem::Unreadable { reason, .. } => {
            CatalogError::IndexIncomplete { catalog, reason }
        }
        problem => CatalogError::Index { catalog, problem },
    }
}
