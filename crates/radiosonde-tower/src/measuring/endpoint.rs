use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use radiosonde_core::diagnostics;
use radiosonde_metrics::model::{MAX_VALUE_BYTES, OVERFLOW};
use radiosonde_metrics::{DynFamily, IntGauge};

/// An endpoint, or a called server: the bounded part of a request's labels, with its gauge.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: Box<str>,
    pub(crate) in_flight: IntGauge,
}

/// The known endpoints, at most a fixed number; further ones share one entry.
#[derive(Debug)]
pub(crate) struct Endpoints {
    known: RwLock<HashMap<Box<str>, Arc<Endpoint>>>,
    limit: usize,
    in_flight: DynFamily<IntGauge>,
    overflow: Arc<Endpoint>,
}

impl Endpoints {
    pub(crate) fn new(limit: usize, in_flight: DynFamily<IntGauge>) -> Self {
        // Its series exists from the start; a detached gauge would hide overflow.
        let overflow = Arc::new(Endpoint { name: OVERFLOW.into(), in_flight: in_flight.handle(&[OVERFLOW]) });
        Self { known: RwLock::default(), limit, in_flight, overflow }
    }

    /// The endpoint with this name. One look-up under a read lock; allocates only for a new one.
    pub(crate) fn get(&self, name: &str) -> Arc<Endpoint> {
        // Before any lock: such a name is never kept, so requests with many of them do not delay others.
        if name.len() > MAX_VALUE_BYTES {
            let bytes = name.len();
            let message = format_args!("an endpoint's name has {bytes} bytes; it is counted as {OVERFLOW:?}");
            diagnostics::report("tower", "endpoint length", message);
            return Arc::clone(&self.overflow);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(endpoint) = known.get(name) {
            return Arc::clone(endpoint);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) && known.len() >= self.limit {
            drop(known);
            let limit = self.limit;
            diagnostics::report(
                "tower",
                "endpoint limit",
                format_args!(
                    "{limit} endpoints, the limit; {name:?} is counted as {OVERFLOW:?}: use route templates"
                ),
            );
            return Arc::clone(&self.overflow);
        }
        let make = || Arc::new(Endpoint { name: name.into(), in_flight: self.in_flight.handle(&[name]) });
        Arc::clone(known.entry(name.into()).or_insert_with(make))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use radiosonde_metrics::Registry;

    use super::*;

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    fn a_name_that_is_too_long_waits_for_no_lock() {
        let in_flight = Registry::new().int_gauge("in_flight", "Requests.").labels(&["endpoint"]).unwrap();
        let endpoints = Arc::new(Endpoints::new(8, in_flight));
        let reading = endpoints.known.read().unwrap();
        let (done, is_done) = mpsc::channel();
        let asks = Arc::clone(&endpoints);
        std::thread::spawn(move || done.send(asks.get(&"x".repeat(MAX_VALUE_BYTES + 1)).name.clone()));
        assert_eq!(is_done.recv_timeout(Duration::from_secs(20)).as_deref(), Ok(OVERFLOW));
        drop(reading);
    }
}
