//! Models and types shared by all tenants that have the same.
//!
//! Most tenants of a deployment have the same few sets of models. What is stored tells whether two
//! sets are the same, so a set that is in use is neither read nor resolved again. Nothing is kept
//! that nobody uses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_lc_rs::digest::{Context, SHA256, digest};
use octo_ck::{CompiledModel, Diagnostics, TypeGraph};

use super::{Models, Present};

type Key = [u8; 32];

/// Models and graphs in use, by content.
#[derive(Debug, Default)]
pub(crate) struct Graphs {
    models: Mutex<Shelf<CompiledModel>>,
    graphs: Mutex<Shelf<TypeGraph>>,
}

impl Graphs {
    /// The model in a stored document.
    pub(super) fn model(&self, document: &str) -> Result<Arc<CompiledModel>, serde_json::Error> {
        let key = key(digest(&SHA256, document.as_bytes()).as_ref());
        if let Some(model) = locked(&self.models).find(&key) {
            return Ok(model);
        }
        let model = Arc::new(serde_json::from_str(document)?);
        locked(&self.models).keep(key, &model);
        Ok(model)
    }

    /// The types of the models that are available.
    pub(super) fn graph(&self, models: &Models) -> Result<Arc<TypeGraph>, Diagnostics> {
        let available = || models.values().filter(|present| present.is_available());
        let key = set_key(available());
        if let Some(graph) = locked(&self.graphs).find(&key) {
            return Ok(graph);
        }
        let available = available().map(|present| Arc::clone(&present.model));
        let graph = Arc::new(TypeGraph::build(available)?);
        locked(&self.graphs).keep(key, &graph);
        Ok(graph)
    }
}

#[derive(Debug)]
struct Shelf<T>(HashMap<Key, Weak<T>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Shelf<T> {
    fn find(&self, key: &Key) -> Option<Arc<T>> {
        self.0.get(key).and_then(Weak::upgrade)
    }

    fn keep(&mut self, key: Key, value: &Arc<T>) {
        self.0.retain(|_, kept| kept.strong_count() > 0);
        self.0.insert(key, Arc::downgrade(value));
    }
}

fn locked<T>(shelf: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_key<'p>(models: impl Iterator<Item = &'p Present>) -> Key {
    let mut context = Context::new(&SHA256);
    for present in models {
        context.update(&present.document.len().to_le_bytes());
        context.update(present.document.as_bytes());
    }
    key(context.finish().as_ref())
}

fn key(digest: &[u8]) -> Key {
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(digest) {
        *to = *from;
    }
    key
}
