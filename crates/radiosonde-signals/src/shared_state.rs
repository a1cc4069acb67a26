use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_metrics::Registry;

/// The states of a registry, by name.
struct SharedStates<T>(Mutex<HashMap<String, Arc<T>>>);

impl<T> Default for SharedStates<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// What sets with the same metrics and name in a registry share besides the metrics. Like their series, it stays as long as the registry.
pub(crate) fn shared_state<T: Send + Sync + 'static>(
    registry: &Registry,
    name: &str,
    make: impl FnOnce() -> T,
) -> Arc<T> {
    let states = registry.attachment::<SharedStates<T>>();
    let mut states = states.0.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(states.entry(name.to_owned()).or_insert_with(|| Arc::new(make())))
}
