use http::Method;

use crate::metrics::service::MetricsService;
use crate::serving::place::{INDEX, LEVELS, LIVEZ, Place, READYZ, REQUESTS};
use crate::serving::service::AdminService;

impl AdminService {
    /// Whether the body of such a request is read.
    pub(crate) fn reads_body(&self, method: &Method, path: &str) -> bool {
        method == Method::PUT && matches!(self.parts().place(path), Some(Place::Levels(_)))
    }

    /// Why the metrics' path cannot be one.
    pub(crate) fn check_path(&self) -> Result<(), String> {
        let Some(path) = self.parts().metrics.as_ref().map(MetricsService::path) else { return Ok(()) };
        if !path.starts_with('/') {
            return Err(format!("invalid path {path:?}: expected one that starts with /"));
        }
        if [LIVEZ, READYZ, LEVELS, REQUESTS, INDEX].contains(&path) {
            return Err(format!("invalid path {path:?}: expected one that serves nothing else"));
        }
        Ok(())
    }
}
