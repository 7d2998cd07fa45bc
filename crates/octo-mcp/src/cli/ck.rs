//! `octo-mcp ck`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use octo_ck::{CompiledModel, builtin, compiler};

/// Work on Construction Kit models.
#[derive(Args)]
pub(crate) struct Ck {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile model folders and print what is wrong with them.
    Check {
        /// Folders with a `ckModel.yaml`; a folder may depend on the ones before it.
        #[arg(required = true, value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
}

impl Ck {
    pub(crate) fn run(self) -> ExitCode {
        match self.command {
            Command::Check { folders } => check(&folders),
        }
    }
}

fn check(folders: &[PathBuf]) -> ExitCode {
    let mut available: Vec<Arc<CompiledModel>> =
        vec![builtin::system(), builtin::system_identity()];
    let mut failed = false;
    for folder in folders {
        let compilation = compiler::compile_folder(folder, &available);
        for diagnostic in compilation.diagnostics.iter() {
            println!("{diagnostic}");
        }
        match compilation.model {
            Some(model) => {
                println!("{}: {} compiles", folder.display(), model.model_id);
                available.push(Arc::new(model));
            }
            None => {
                println!("{}: does not compile", folder.display());
                failed = true;
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
