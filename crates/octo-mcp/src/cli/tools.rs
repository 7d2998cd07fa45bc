//! `octo-mcp tools`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use octo_mcp::catalogue::Catalogue;
use octo_mcp::tools::toolsets;

/// Print the tools of the server.
#[derive(Args)]
pub(crate) struct Tools {
    /// Print the entries of `tools/list` as JSON.
    #[arg(long)]
    json: bool,
    /// Print the tool reference of the documentation.
    #[arg(long, hide = true, conflicts_with = "json")]
    markdown: bool,
}

impl Tools {
    pub(crate) fn run(self) -> ExitCode {
        let catalogue = Catalogue::new(toolsets());
        let text = match (self.json, self.markdown) {
            (true, _) => as_json(&catalogue),
            (false, true) => Ok(catalogue.to_markdown()),
            (false, false) => Ok(as_table(&catalogue)),
        };
        let printed = text.and_then(|text| match io::stdout().write_all(text.as_bytes()) {
            // The reader (`| head`) has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        });
        match printed {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("octo-mcp: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn as_json(catalogue: &Catalogue) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(catalogue.definitions())? + "\n")
}

fn as_table(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for (category, description) in catalogue.toolsets() {
        text.push_str(&format!("{category}: {description}\n"));
        for tool in catalogue
            .tools()
            .iter()
            .filter(|tool| tool.category == *category)
        {
            let summary = tool.description.split(". ").next().unwrap_or_default();
            let summary = summary.trim_end_matches('.');
            text.push_str(&format!(
                "  {:<28} {:<7} {summary}\n",
                tool.name,
                format!("{:?}", tool.risk)
            ));
        }
        text.push('\n');
    }
    text.push_str(&format!("{} tools\n", catalogue.tools().len()));
    text
}
