//! A model folder to begin with.

use std::fs;
use std::io;
use std::path::Path;

use crate::builtin;
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::id::CkModelId;

/// Writes the folder of a new model: its header, an attribute and a type that compile as they are.
/// The folder is created; if it exists it must be empty.
///
/// # Errors
/// The folder is not empty (22) or cannot be written (106).
pub fn scaffold(folder: &Path, id: &CkModelId) -> Result<(), Diagnostics> {
    let refuse = |code, text: String| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.report(code, &Position::whole(&folder.display().to_string()), text);
        diagnostics
    };
    match create(folder, id) {
        Ok(true) => Ok(()),
        Ok(false) => {
            let text = "The folder is not empty: name a new or empty one.";
            Err(refuse(Code::FolderNotEmpty, text.to_owned()))
        }
        Err(problem) => {
            let text = format!("The folder cannot be written ({problem}): name another one.");
            Err(refuse(Code::FileUnreadable, text))
        }
    }
}

/// Writes the files; false when the folder is not empty.
fn create(folder: &Path, id: &CkModelId) -> io::Result<bool> {
    let is_empty = is_empty(folder)?;
    if is_empty {
        write(folder, id)?;
    }
    Ok(is_empty)
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(problem) => Err(problem),
    }
}

fn write(folder: &Path, id: &CkModelId) -> io::Result<()> {
    let system = builtin::system().model_id.version();
    let (low, high) = (system.major, system.major.saturating_add(1));
    let schema = "$schema: https://schemas.meshmakers.cloud/construction-kit";
    let files = [
        (
            "ckModel.yaml",
            format!(
                "{schema}-meta.schema.json\nmodelId: {id}\ndependencies:\n  - System-[{low}.0,{high}.0)\n"
            ),
        ),
        (
            "attributes/attributes.yaml",
            format!(
                "{schema}-elements.schema.json\nattributes:\n- id: SerialNumber\n  valueType: String\n  description: Number given by the maker.\n"
            ),
        ),
        (
            "types/types.yaml",
            format!(
                "{schema}-elements.schema.json\ntypes:\n- typeId: Device\n  derivedFromCkTypeId: ${{System}}/Entity\n  description: A device.\n  attributes:\n    - id: ${{this}}/SerialNumber\n      name: SerialNumber\n"
            ),
        ),
    ];
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::compile_folder;

    #[test]
    fn a_new_folder_compiles() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("demo");
        scaffold(&folder, &"Demo-0.1.0".parse().unwrap()).unwrap();
        let result = compile_folder(&folder, &builtin::all());
        assert!(result.diagnostics.is_empty(), "{}", result.diagnostics);
        assert_eq!(result.model.unwrap().model_id.to_string(), "Demo-0.1.0");
    }

    #[test]
    fn a_folder_with_content_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "").unwrap();
        let id = "Demo-1.0.0".parse().unwrap();
        let problems = scaffold(folder.path(), &id).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().code, 22, "{problems}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let problems = scaffold(&folder.path().join("a"), &id).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().code, 106, "{problems}");
    }
}
