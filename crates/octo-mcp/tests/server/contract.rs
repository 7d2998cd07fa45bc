//! The contract of every tool, one file per tool: a change shows in review.

use octo_mcp::catalogue::Catalogue;
use octo_mcp::tools::toolsets;

#[test]
fn every_tool_has_its_contract_on_file() {
    let catalogue = Catalogue::new(toolsets());
    for definition in catalogue.definitions() {
        let name = definition.name.to_string();
        insta::with_settings!({snapshot_path => "../toolsnaps", prepend_module_to_snapshot => false}, {
            insta::assert_json_snapshot!(name, definition);
        });
    }
}

#[test]
fn no_contract_is_left_behind() {
    let catalogue = Catalogue::new(toolsets());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toolsnaps");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name = file.split('.').next().unwrap_or_default();
        assert!(catalogue.tool(name).is_some(), "{file} belongs to no tool");
    }
}

#[test]
fn names_and_descriptions_are_fit_for_clients() {
    let catalogue = Catalogue::new(toolsets());
    let mut names: Vec<_> = catalogue.tools().iter().map(|tool| tool.name).collect();
    for tool in catalogue.tools() {
        assert!(tool.description.ends_with('.'), "{}", tool.name);
        assert!(
            tool.name.len() <= 64 && !tool.category.is_empty(),
            "{}",
            tool.name
        );
        for (name, property) in tool.input["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{}.{name}", tool.name);
        }
    }
    names.dedup();
    assert_eq!(names.len(), catalogue.tools().len());
}

#[test]
fn the_tool_reference_is_up_to_date() {
    let reference = Catalogue::new(toolsets()).to_markdown();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tools.md");
    let written = std::fs::read_to_string(file).unwrap();
    assert!(
        written == reference,
        "run: cargo run -p octo-mcp -- tools --markdown > docs/tools.md"
    );
}
