//! The commands of the binary. What they print is their purpose, so they print.
#![expect(clippy::print_stderr, reason = "a command talks to its user")]

pub(crate) mod ck;
pub(crate) mod serve;
pub(crate) mod tools;
