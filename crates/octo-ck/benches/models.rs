//! How long models take: built-in ones at start, the published libraries from their sources, and
//! the type graph of a tenant.
//!
//! `cargo bench -p octo-ck`. The libraries are those of the shared data (`OCTO_SHARED`, or
//! `../shared` beside the workspace) and are left out without it.

#![allow(missing_docs, reason = "the macros of criterion document nothing")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use octo_ck::compiler::compile_folder;
use octo_ck::{CompiledModel, TypeGraph, builtin};

fn built_in_models(c: &mut Criterion) {
    c.bench_function("compile the nine built-in models", |b| {
        b.iter(builtin::compile_all);
    });
}

fn type_graph(c: &mut Criterion) {
    let models = builtin::all();
    c.bench_function("type graph of the nine built-in models", |b| {
        b.iter(|| TypeGraph::build(models.iter().cloned()).map(|graph| graph.types().count()));
    });
}

fn libraries(c: &mut Criterion) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("OCTO_SHARED").map_or(beside, PathBuf::from);
    let Some(order) = folders(&shared.join("models")).and_then(in_order) else {
        return;
    };
    c.bench_function("compile the published libraries", |b| {
        b.iter(|| {
            let mut models = builtin::all();
            for folder in &order {
                models.extend(compile_folder(folder, &models).model.map(Arc::new));
            }
            assert_eq!(models.len(), order.len() + builtin::all().len());
        });
    });
}

fn folders(models: &Path) -> Option<Vec<PathBuf>> {
    let entries = std::fs::read_dir(models).ok()?.filter_map(Result::ok);
    let folders = entries.map(|entry| entry.path().join("ConstructionKit"));
    Some(folders.filter(|folder| folder.is_dir()).collect())
}

/// The folders, dependencies first; found by compiling whatever compiles.
fn in_order(mut waiting: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
    let mut models: Vec<Arc<CompiledModel>> = builtin::all();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let ready = |folder: &PathBuf| compile_folder(folder, &models).model;
        let (at, model) = (0..waiting.len()).find_map(|at| Some((at, ready(&waiting[at])?)))?;
        models.push(Arc::new(model));
        order.push(waiting.remove(at));
    }
    Some(order)
}

criterion_group!(benches, built_in_models, type_graph, libraries);
criterion_main!(benches);
