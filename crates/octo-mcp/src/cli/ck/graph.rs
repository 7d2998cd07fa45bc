//! `octo-mcp ck graph`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use octo_ck::drawing::{Drawing, Language};
use octo_ck::{CkModelRange, TypeGraph};

use super::sources::Sources;
use super::{fail, print};

/// Arguments of `graph`.
#[derive(Args)]
pub(super) struct Graph {
    /// Models whose types are drawn; each may depend on the ones before it.
    #[arg(value_name = "MODEL", required_unless_present = "names")]
    models: Vec<PathBuf>,
    /// A built-in or catalog model whose types are drawn, such as System or Basic-[2.0,3.0).
    #[arg(long = "model", value_name = "NAME")]
    names: Vec<CkModelRange>,
    /// Language of the drawing.
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,
    /// Draw associations too.
    #[arg(long)]
    associations: bool,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Mermaid class diagram.
    Mermaid,
    /// Graphviz digraph.
    Dot,
}

impl Graph {
    pub(super) fn run(self) -> ExitCode {
        match self.draw() {
            Ok(drawing) => print(&drawing),
            Err(problem) => fail(problem),
        }
    }

    fn draw(&self) -> Result<String, Box<dyn Error>> {
        let mut available = self.sources.open()?;
        let mut wanted = self.names.clone();
        for path in &self.models {
            let model = available.read(path)?;
            wanted.push(CkModelRange::exactly(&model.model_id));
            available.add(model);
        }
        let models = available.catalogs().closure(&wanted)?;
        let graph = TypeGraph::build(models)?;
        let names: Vec<&str> = wanted.iter().map(CkModelRange::name).collect();
        let drawing = Drawing {
            language: match self.format {
                Format::Mermaid => Language::Mermaid,
                Format::Dot => Language::Dot,
            },
            models: &names,
            with_associations: self.associations,
        };
        Ok(drawing.draw(&graph))
    }
}
