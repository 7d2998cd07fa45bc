//! The `octo-mcp` binary.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod cli;

/// Calls are many small pieces of JSON: a fifth of their time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Model Context Protocol server of OctoMesh.
#[derive(Parser)]
#[command(name = "octo-mcp", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve MCP clients; without configuration, with the embedded OctoMesh platform.
    Serve(cli::serve::Serve),
    /// Print the tools of the server.
    Tools(cli::tools::Tools),
    /// Work on Construction Kit models.
    Ck(cli::ck::Ck),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Tools(tools) => tools.run(),
        Command::Ck(ck) => ck.run(),
    }
}
