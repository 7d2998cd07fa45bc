//! All tools of the server, built once at start.

mod reference;

use std::collections::HashMap;
use std::sync::Arc;

use crate::tool::{Tool, Toolset};

/// The tools, by name and in the order they are listed.
pub struct Catalogue {
    toolsets: Vec<(&'static str, &'static str)>,
    tools: Vec<Arc<Tool>>,
    by_name: HashMap<&'static str, usize>,
    definitions: Vec<rmcp::model::Tool>,
}

impl Catalogue {
    /// A catalogue of these groups, tools ordered by name.
    pub fn new(toolsets: Vec<Toolset>) -> Self {
        let groups = toolsets
            .iter()
            .map(|set| (set.category, set.description))
            .collect();
        let mut tools: Vec<Arc<Tool>> = toolsets
            .into_iter()
            .flat_map(|set| set.tools)
            .map(Arc::new)
            .collect();
        tools.sort_by_key(|tool| tool.name.to_lowercase());
        let by_name = tools
            .iter()
            .enumerate()
            .map(|(at, tool)| (tool.name, at))
            .collect();
        let definitions = tools.iter().map(|tool| tool.definition()).collect();
        Self {
            toolsets: groups,
            tools,
            by_name,
            definitions,
        }
    }

    /// A tool by its exact name.
    pub fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.by_name.get(name).and_then(|at| self.tools.get(*at))
    }

    /// All tools, ordered by name.
    pub fn tools(&self) -> &[Arc<Tool>] {
        &self.tools
    }

    /// Category and description of each group.
    pub fn toolsets(&self) -> &[(&'static str, &'static str)] {
        &self.toolsets
    }

    /// The entries of `tools/list`, in the order of [`Catalogue::tools`].
    pub fn definitions(&self) -> &[rmcp::model::Tool] {
        &self.definitions
    }
}
