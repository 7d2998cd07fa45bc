//! `octo-mcp ck check` and `octo-mcp ck compile`.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use octo_ck::{CompiledModel, compiler, lint};

use super::sources::Sources;
use super::{fail, print};

/// Arguments of `check`.
#[derive(Args)]
pub(super) struct Check {
    /// Models; each may depend on the ones before it.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Also remark what should be said explicitly (OCTO-CK001, OCTO-CK002).
    #[arg(long)]
    lint: bool,
    #[command(flatten)]
    sources: Sources,
}

/// Arguments of `compile`.
#[derive(Args)]
pub(super) struct Compile {
    /// The model.
    #[arg(value_name = "FOLDER")]
    model: PathBuf,
    #[command(flatten)]
    sources: Sources,
    /// The file to write: JSON when its name ends in .json, else YAML.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> ExitCode {
        let mut available = match self.sources.open() {
            Ok(available) => available,
            Err(problem) => return fail(problem),
        };
        let mut report = String::new();
        let mut is_clean = true;
        for path in &self.models {
            let result = compiler::compile_path(path, &available.catalogs());
            for finding in &result.diagnostics {
                report += &format!("{finding}\n");
            }
            let files = self.lint.then(|| compiler::source_files(path)).flatten();
            for remark in files.iter().flat_map(lint::attributes) {
                report += &format!("{remark}\n");
            }
            match result.model {
                Some(model) => {
                    report += &format!("{}: {} compiles\n", path.display(), model.model_id);
                    available.add(model);
                }
                None => {
                    report += &format!("{}: does not compile\n", path.display());
                    is_clean = false;
                }
            }
        }
        let printed = print(&report);
        if is_clean { printed } else { ExitCode::FAILURE }
    }
}

impl Compile {
    pub(super) fn run(self) -> ExitCode {
        let available = match self.sources.open() {
            Ok(available) => available,
            Err(problem) => return fail(problem),
        };
        let result = compiler::compile_path(&self.model, &available.catalogs());
        let Some(model) = result.model else {
            return fail(result.diagnostics);
        };
        if !result.diagnostics.is_empty() {
            eprintln!("{}", result.diagnostics);
        }
        let out = self.out.display();
        match write(&self.out, &text(&model, &self.out)) {
            Ok(()) => print(&format!("{out}: {}\n", model.model_id)),
            Err(problem) => fail(format_args!("{out} cannot be written: {problem}")),
        }
    }
}

fn text(model: &CompiledModel, out: &Path) -> String {
    let is_json = |ending: &OsStr| ending.eq_ignore_ascii_case("json");
    if out.extension().is_some_and(is_json) {
        model.to_json() + "\n"
    } else {
        model.to_yaml()
    }
}

/// Writes the file as a whole or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if path.file_name().is_none() {
        return Err(io::Error::other("it is not the name of a file"));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let written = std::fs::File::create(&partial)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() {
        // Whatever is left over is not worth a second message.
        let _ = std::fs::remove_file(&partial);
    }
    written
}
