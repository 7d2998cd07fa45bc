//! Lanes: one per tenant that has jobs, so that its jobs run one after the other.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use octo_runtime::TenantId;

/// Work whose turn will come.
type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

/// All lanes. A lane exists while a worker runs it; an idle tenant has none.
#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Mutex<HashMap<TenantId, VecDeque<Turn>>>>);

impl Lanes {
    /// Puts work at the end of a tenant's lane. It must not panic: the lane would stop.
    pub(super) fn push(&self, tenant: &TenantId, work: impl Future<Output = ()> + Send + 'static) {
        let mut lanes = self.lock();
        if let Some(lane) = lanes.get_mut(tenant) {
            lane.push_back(Box::pin(work));
            return;
        }
        lanes.insert(tenant.clone(), VecDeque::from([Box::pin(work) as Turn]));
        tokio::spawn(self.clone().work(tenant.clone()));
    }

    async fn work(self, tenant: TenantId) {
        while let Some(turn) = self.next(&tenant) {
            turn.await;
        }
    }

    /// The next turn; the lane goes with the last one.
    fn next(&self, tenant: &TenantId) -> Option<Turn> {
        let mut lanes = self.lock();
        let turn = lanes.get_mut(tenant)?.pop_front();
        if turn.is_none() {
            lanes.remove(tenant);
        }
        turn
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, VecDeque<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let waiting: HashMap<_, _> = self
            .lock()
            .iter()
            .map(|(tenant, lane)| (tenant.clone(), lane.len()))
            .collect();
        f.debug_tuple("Lanes").field(&waiting).finish()
    }
}
