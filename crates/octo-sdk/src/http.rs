//! The HTTP core every client of this crate stands on.
//!
//! [`Http`] owns the connection pools and the TLS settings and is made once per process.
//! [`ServiceClient`] adds what one call needs: the address of a service, the tenant, and the
//! caller's token. A request is built and read in one sentence:
//! `service.get(&["users", name]).read::<UserDto>().await`.

mod client;
mod options;
mod request;
mod revision;

pub use client::ServiceClient;
pub use options::{Http, HttpOptions, HttpSetupError};
pub use request::{DATA_LIMIT, ServiceRequest};

pub(crate) use client::extend_path;
pub(crate) use request::read_bounded;
