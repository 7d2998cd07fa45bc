//! What follows from a type graph alone, worked out once per graph.
//!
//! A graph never changes: a tenant whose models change gets another one. So everything that depends
//! on the graph only (lists, schemas, rendered documents) is kept for as long as the graph is in
//! use, and never has to be invalidated.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use octo_ck::TypeGraph;

/// Something that follows from a graph.
pub trait Derive: Any + Send + Sync {
    /// Works it out; called once per graph.
    fn derive(graph: &TypeGraph) -> Self;
}

/// Everything worked out so far, of all graphs in use.
#[derive(Default)]
pub struct Derived {
    entries: Mutex<HashMap<(usize, TypeId), Entry>>,
}

struct Entry {
    // As long as this exists no other graph can have the same address.
    graph: Weak<TypeGraph>,
    value: Arc<OnceLock<Arc<dyn Any + Send + Sync>>>,
}

impl Derived {
    /// What follows from `graph`; worked out by the first who asks while others wait for it.
    pub fn of<T: Derive>(&self, graph: &Arc<TypeGraph>) -> Arc<T> {
        let cell = self.cell::<T>(graph);
        let value = cell.get_or_init(|| Arc::new(T::derive(graph)));
        let known = value.clone().downcast::<T>();
        known.unwrap_or_else(|_| Arc::new(T::derive(graph)))
    }

    fn cell<T: Derive>(&self, graph: &Arc<TypeGraph>) -> Arc<OnceLock<Arc<dyn Any + Send + Sync>>> {
        let key = (Arc::as_ptr(graph).addr(), TypeId::of::<T>());
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&key) {
            return entry.value.clone();
        }
        entries.retain(|_, entry| entry.graph.strong_count() > 0);
        let entry = entries.entry(key).or_insert_with(|| Entry {
            graph: Arc::downgrade(graph),
            value: Arc::default(),
        });
        entry.value.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static DERIVED: AtomicUsize = AtomicUsize::new(0);

    struct TypeCount(usize);

    impl Derive for TypeCount {
        fn derive(graph: &TypeGraph) -> Self {
            DERIVED.fetch_add(1, Ordering::SeqCst);
            Self(graph.types().count())
        }
    }

    #[test]
    fn each_graph_is_worked_out_once_and_forgotten_with_the_graph() {
        let derived = Derived::default();
        let system = Arc::new(TypeGraph::build([octo_ck::builtin::system()]).unwrap());
        let empty = Arc::new(TypeGraph::default());
        let first = derived.of::<TypeCount>(&system);
        assert!(Arc::ptr_eq(&first, &derived.of::<TypeCount>(&system)));
        assert!(first.0 > 0);
        assert_eq!(derived.of::<TypeCount>(&empty).0, 0);
        assert_eq!(DERIVED.load(Ordering::SeqCst), 2);
        drop((system, empty));
        derived.of::<TypeCount>(&Arc::new(TypeGraph::default()));
        assert_eq!(derived.entries.lock().unwrap().len(), 1);
    }
}
