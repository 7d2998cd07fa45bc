//! Changes that start from what they read.
//!
//! The identity service replaces things as a whole. A tool that changes one part reads, changes and
//! writes, and another call may come in between. Services that tell revisions refuse such a write
//! ([`IdentityClient::if_unchanged`](octo_sdk::identity::IdentityClient::if_unchanged)); then the
//! tool reads again.

use crate::reply::Failure;

/// Times a change is tried before it is given up. Each time somebody else's change was made.
const ATTEMPTS: usize = 10;

/// Repeats a change as long as somebody else is faster.
///
/// # Errors
/// What the last attempt failed with.
pub(super) async fn until_unchanged<T, F>(attempt: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(failure) if failure.is_overtaken() => {}
            outcome => return outcome,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use octo_sdk::ServiceError;

    use super::*;

    fn refused(status: u16) -> Failure {
        let status = http::StatusCode::from_u16(status).unwrap();
        let (text, details) = (String::new(), Vec::new());
        ServiceError::Refused {
            status,
            text,
            details,
        }
        .into()
    }

    async fn attempts(answers: impl Fn(usize) -> Result<(), Failure>) -> usize {
        let count = Cell::new(0);
        let outcome = until_unchanged(async || {
            count.set(count.get() + 1);
            answers(count.get())
        });
        let _ = outcome.await;
        count.get()
    }

    #[tokio::test]
    async fn only_overtaken_changes_are_repeated_and_not_for_ever() {
        let twice = |n| if n < 3 { Err(refused(412)) } else { Ok(()) };
        assert_eq!(attempts(twice).await, 3);
        assert_eq!(attempts(|_| Ok(())).await, 1);
        assert_eq!(attempts(|_| Err(refused(409))).await, 1);
        assert_eq!(attempts(|_| Err(Failure::new("no"))).await, 1);
        assert_eq!(attempts(|_| Err(refused(412))).await, ATTEMPTS);
    }
}
