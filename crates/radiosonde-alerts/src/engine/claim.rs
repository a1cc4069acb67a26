use std::process;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use radiosonde_metrics::Registry;

/// The right of an engine to evaluate a registry, until it is dropped. It has the id of its process: a forked child has no engine yet.
#[derive(Debug)]
pub(crate) struct Claim {
    _process: Arc<u32>,
}

/// The claim of the registry's engine.
#[derive(Debug, Default)]
struct Claimed(Mutex<Weak<u32>>);

impl Claim {
    /// Claims the registry; `None` while another engine has it.
    pub(crate) fn of(registry: &Registry) -> Option<Self> {
        let claimed = registry.attachment::<Claimed>();
        let mut claim = claimed.0.lock().unwrap_or_else(PoisonError::into_inner);
        if claim.upgrade().is_some_and(|process| *process == process::id()) {
            return None;
        }
        let process = Arc::new(process::id());
        *claim = Arc::downgrade(&process);
        Some(Self { _process: process })
    }
}
