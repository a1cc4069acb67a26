use radiosonde_admin::{
    AdminOptions, AdminService, Health, LevelsService, Listener, MetricsOptions, MetricsService,
};
use radiosonde_metrics::Registry;
use radiosonde_trace::TracePipeline;

use crate::error::InitError;

/// What the process serves about itself.
pub(crate) struct Served {
    pub(crate) metrics: MetricsService,
    pub(crate) levels: LevelsService,
    pub(crate) health: Health,
    /// All of them.
    pub(crate) admin: AdminService,
    /// Serves all of them on a port of its own.
    pub(crate) listener: Option<Listener>,
}

impl Served {
    pub(crate) fn start(
        (metrics, admin): (&MetricsOptions, &AdminOptions),
        registry: &Registry,
        levels: LevelsService,
        traces: &TracePipeline,
    ) -> Result<Self, InitError> {
        let service = metrics.service(registry);
        let health = Health::builder().registry(registry).build();
        let admin = admin.service().metrics(service.clone()).health(&health);
        let admin = admin.levels(levels.clone()).live_requests(traces);
        let listener = metrics.listen(admin.clone()).map_err(InitError::Listen)?;
        Ok(Self { metrics: service, levels, health, admin, listener })
    }
}
