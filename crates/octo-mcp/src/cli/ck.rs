//! `octo-mcp ck`.

mod compile;
mod diff;
mod graph;
mod new;
mod publish;
mod sources;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Work on Construction Kit models.
#[derive(Args)]
pub(crate) struct Ck {
    #[command(subcommand)]
    command: Command,
}

/// A model is a folder with a `ckModel.yaml`, a compiled file, or a zip archive of either.
#[derive(Subcommand)]
enum Command {
    /// Compile models and print what is wrong with them.
    Check(compile::Check),
    /// Compile a model into one file.
    Compile(compile::Compile),
    /// Print what changed between two versions of a model, and whether it is breaking.
    Diff(diff::Diff),
    /// Draw types and their inheritance.
    Graph(graph::Graph),
    /// Write the folder of a new model.
    New(new::New),
    /// Put a model into a catalog folder.
    Publish(publish::Publish),
}

impl Ck {
    pub(crate) fn run(self) -> ExitCode {
        match self.command {
            Command::Check(check) => check.run(),
            Command::Compile(compile) => compile.run(),
            Command::Diff(diff) => diff.run(),
            Command::Graph(graph) => graph.run(),
            Command::New(new) => new.run(),
            Command::Publish(publish) => publish.run(),
        }
    }
}

/// Prints a text that is the purpose of the command.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader (`| head`) has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(error),
    }
}

/// Says why a command did not do its work.
fn fail(problem: impl std::fmt::Display) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}
