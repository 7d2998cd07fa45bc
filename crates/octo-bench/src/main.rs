//! Measures what the issues promise: speed of calls, time to start, memory at rest.
//!
//! Everything is measured from outside, on the release binary `octo-mcp` beside this one, in a
//! process of its own and over real sockets. `--check` turns the promises into an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod browser;
mod call;
mod echo;
mod entities;
mod load;
mod process;
mod requests;
mod sign_in;
mod start;
mod token;
mod users;

/// What can go wrong while measuring: nothing is recovered from, so a text is enough.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures the speed of the octo-mcp server.
#[derive(Parser)]
#[command(name = "octo-bench", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare calls of an authenticated, tenant-bound tool with a bare rmcp echo server.
    Call(call::Call),
    /// Measure time to ready and memory at rest.
    Start(start::Start),
    /// Measure look-ups, pages, groups and writes in a tenant with many entities.
    Entities(entities::Entities),
    /// Measure tokens for a service that acts for itself.
    Token(token::Token),
    /// Measure pages of `get_users` in a tenant with many users.
    Users(users::Users),
    /// The bare server `call` compares with; prints its address and serves until killed.
    EchoServer,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Call(call) => call.run(),
        Command::Start(start) => start.run(),
        Command::Entities(entities) => entities.run(),
        Command::Token(token) => token.run(),
        Command::Users(users) => users.run(),
        Command::EchoServer => echo::run().map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            // Nobody is left to tell when this cannot be written.
            let _ = writeln!(std::io::stderr(), "octo-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
