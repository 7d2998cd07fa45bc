//! The Construction Kit: the type language of OctoMesh tenants.
//!
//! A *model* is a versioned library of types, attributes, records, enums and association roles.
//! This crate reads model documents, compiles source folders with diagnostics, resolves
//! dependencies and builds the [`TypeGraph`] every other crate asks for types. It performs no I/O
//! beyond reading model files.
//!
//! The rules come from the specification chapter *The Construction Kit* (section numbers in the
//! docs of each module).

pub mod builtin;
pub mod catalog;
pub mod compiler;
mod decode;
pub mod dependencies;
pub mod diagnostics;
pub mod diff;
pub mod display;
mod document;
pub mod drawing;
pub mod graph;
pub mod id;
pub mod lint;
pub mod migration;
pub mod model;
mod naming;
pub mod package;
pub mod range;
pub mod read;
pub mod release;
pub mod suggest;
pub mod version;

pub use catalog::Catalogs;
pub use diagnostics::{Diagnostic, Diagnostics};
pub use graph::TypeGraph;
pub use id::{CkId, CkModelId, ElementId, IdError, RtCkId};
pub use model::CompiledModel;
pub use range::CkModelRange;
pub use read::{read_compiled, read_published};
pub use version::{CkVersion, CkVersionRange, VersionError};
