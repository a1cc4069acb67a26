use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use radiosonde_core::diagnostics;
use radiosonde_metrics::model::{MAX_VALUE_BYTES, OVERFLOW};

use crate::measuring::server_endpoint::ServerEndpoint;
use crate::measuring::server_families::ServerFamilies;

/// The metrics of a server by endpoint: a fixed number of endpoints, and one entry for all further ones.
pub(crate) struct ServerMetrics {
    /// `None` if no request leaves metrics; endpoints have names all the same.
    pub(crate) families: Option<ServerFamilies>,
    known: ArcSwap<HashMap<Box<str>, Arc<ServerEndpoint>>>,
    /// Held while an endpoint is added.
    adding: Mutex<()>,
    limit: usize,
    unmatched: Arc<ServerEndpoint>,
    overflow: Arc<ServerEndpoint>,
}

/// The endpoint of a request that no route matched.
pub(crate) const UNMATCHED: &str = "_unmatched";

/// Further endpoints share one label value; an application has fewer routes.
pub(crate) const ENDPOINTS: usize = 500;

impl ServerMetrics {
    pub(crate) fn new(families: Option<ServerFamilies>, limit: usize) -> Self {
        let overflow = Arc::new(ServerEndpoint::new(OVERFLOW));
        let unmatched = Arc::new(ServerEndpoint::new(UNMATCHED));
        let (known, adding) = (ArcSwap::default(), Mutex::new(()));
        Self { families, known, adding, limit, unmatched, overflow }
    }

    /// The endpoint of a route. One look-up without a lock; allocates only for a new one.
    pub(crate) fn endpoint(&self, route: Option<&str>) -> Arc<ServerEndpoint> {
        let Some(name) = route else { return Arc::clone(&self.unmatched) };
        match self.known.load().get(name) {
            Some(endpoint) => Arc::clone(endpoint),
            None => self.add(name),
        }
    }

    #[cold]
    fn add(&self, name: &str) -> Arc<ServerEndpoint> {
        // Before the lock: such a name is never kept, so requests with many of them do not delay others.
        if name.len() > MAX_VALUE_BYTES {
            let bytes = name.len();
            let message = format_args!("an endpoint's name has {bytes} bytes; it is counted as {OVERFLOW:?}");
            diagnostics::report("tower", "endpoint length", message);
            return Arc::clone(&self.overflow);
        }
        if self.known.load().len() >= self.limit {
            return self.beyond_the_limit(name);
        }
        let adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.load_full();
        if let Some(endpoint) = known.get(name) {
            return Arc::clone(endpoint);
        }
        if known.len() >= self.limit {
            drop(adding);
            return self.beyond_the_limit(name);
        }
        let endpoint = Arc::new(ServerEndpoint::new(name));
        let mut more = HashMap::clone(&known);
        more.insert(name.into(), Arc::clone(&endpoint));
        self.known.store(Arc::new(more));
        endpoint
    }

    fn beyond_the_limit(&self, name: &str) -> Arc<ServerEndpoint> {
        let limit = self.limit;
        let message = format_args!(
            "{limit} endpoints, the limit; {name:?} is counted as {OVERFLOW:?}: use route templates"
        );
        diagnostics::report("tower", "endpoint limit", message);
        Arc::clone(&self.overflow)
    }
}

impl fmt::Debug for ServerMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerMetrics").field("families", &self.families).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    fn a_name_that_is_too_long_waits_for_no_lock() {
        let metrics = ServerMetrics::new(None, 8);
        let metrics = Arc::new(metrics);
        let adding = metrics.adding.lock().unwrap();
        let (done, is_done) = mpsc::channel();
        let asks = Arc::clone(&metrics);
        std::thread::spawn(move || {
            done.send(asks.endpoint(Some(&"x".repeat(MAX_VALUE_BYTES + 1))).name.clone())
        });
        assert_eq!(is_done.recv_timeout(Duration::from_secs(20)).as_deref(), Ok(OVERFLOW));
        drop(adding);
    }

    #[test]
    fn endpoints_beyond_the_limit_share_one() {
        let metrics = ServerMetrics::new(None, 2);
        let names: Vec<_> =
            ["/a", "/b", "/c", "/a"].map(|route| metrics.endpoint(Some(route)).name.clone()).into();
        assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["/a", "/b", OVERFLOW, "/a"]);
        assert_eq!(&*metrics.endpoint(None).name, UNMATCHED);
    }
}
