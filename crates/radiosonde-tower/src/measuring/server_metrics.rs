use std::sync::Arc;

use radiosonde_metrics::model::OVERFLOW;

use radiosonde_signals::BoundedNames;

use crate::measuring::server_endpoint::ServerEndpoint;
use crate::measuring::server_families::ServerFamilies;

/// The metrics of a server by endpoint: a fixed number of endpoints, and one entry for all further ones.
#[derive(Debug)]
pub(crate) struct ServerMetrics {
    /// `None` if no request leaves metrics; endpoints have names all the same.
    pub(crate) families: Option<ServerFamilies>,
    known: BoundedNames<ServerEndpoint>,
    unmatched: Arc<ServerEndpoint>,
    overflow: Arc<ServerEndpoint>,
}

/// The endpoint of a request that no route matched.
pub(crate) const UNMATCHED: &str = "_unmatched";

/// Further endpoints share one label value; an application has fewer routes.
pub(crate) const ENDPOINTS: usize = 500;

impl ServerMetrics {
    pub(crate) fn new(families: Option<ServerFamilies>, limit: usize) -> Self {
        let [unmatched, overflow] = [UNMATCHED, OVERFLOW].map(|name| Arc::new(ServerEndpoint::new(name)));
        Self { families, known: BoundedNames::new("route templates", limit), unmatched, overflow }
    }

    /// The endpoint of a route. One look-up without a lock; allocates only for a new one.
    pub(crate) fn endpoint(&self, route: Option<&str>) -> Arc<ServerEndpoint> {
        let Some(name) = route else { return Arc::clone(&self.unmatched) };
        let known = self.known.admit(name, || ServerEndpoint::new(name));
        known.unwrap_or_else(|| Arc::clone(&self.overflow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_beyond_the_limit_share_one() {
        let metrics = ServerMetrics::new(None, 2);
        let names: Vec<_> =
            ["/a", "/b", "/c", "/a"].map(|route| metrics.endpoint(Some(route)).name.clone()).into();
        assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["/a", "/b", OVERFLOW, "/a"]);
        assert_eq!(&*metrics.endpoint(None).name, UNMATCHED);
    }
}
