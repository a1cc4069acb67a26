use radiosonde_trace::TracePipeline;

use crate::requests::part::RequestsPart;
use crate::serving::service::AdminService;

impl AdminService {
    /// Serves the requests in flight at `/debug/requests`: those whose server spans are recorded, as by a sink and a sampler that
    /// keeps them or a local tail.
    ///
    /// # Cost
    /// That of [`TracePipeline::live_spans`], for each request of this path.
    pub fn live_requests(self, traces: &TracePipeline) -> Self {
        self.with(|parts| parts.requests = Some(RequestsPart(traces.clone())))
    }
}
