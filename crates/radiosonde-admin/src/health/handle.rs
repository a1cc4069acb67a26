use std::sync::Arc;

use radiosonde_signals::{Component, SystemHealth};

use crate::health::board::Board;
use crate::health::check::{Check, Probe, Work};
use crate::health::check_builder::CheckBuilder;
use crate::health::future::HealthFuture;
use crate::health::handle_builder::HealthBuilder;

/// The health of a process: named checks of what it depends on, and whether it wants requests. Clones share it.
///
/// # Shape
/// `/readyz` of an [`AdminService`](crate::AdminService) runs the readiness checks whose results are too old, all at once, and answers
/// 200, or 503 if one of them fails: then a load balancer sends no requests, and the process goes on. `/livez` does the same with the
/// liveness checks: if one fails, the process is restarted, so a check of a database is not one of them.
///
/// The checks of concurrent probes are shared, and results are kept for a time, so that many probes do not become many checks. A check
/// that fails, panics or blocks for ever fails by its name, with all others unharmed: each runs on a thread of its own. One that
/// does not return keeps its thread, and is not run again until it does.
///
/// `health_check_status{check}` is 1 or 0 as of the last run, and `health_check_duration_seconds{check}` has the time of the runs. Each check
/// is a [`Component`] of the registry's [`SystemHealth`], or of [another](Self::set_scores), with a score.
///
/// # Cost
/// A probe with cached results takes a lock. A run of checks takes a thread for each, and one more for all.
///
/// ```
/// use std::time::Duration;
///
/// use radiosonde_admin::Health;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let health = Health::new();
/// let connect = async || std::net::TcpStream::connect("127.0.0.1:1").map(drop);
/// health.readiness_check("postgres").timeout(Duration::from_secs(1)).check(connect);
///
/// let report = health.ready().await;
/// assert!(!report.is_ok());
/// assert_eq!(&*report.checks[0].name, "postgres");
/// assert!(health.live().await.is_ok());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Health(pub(crate) Arc<Board>);

impl Health {
    /// Without checks: alive and ready. Its metrics are in the global registry.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// For another registry or clock.
    pub fn builder() -> HealthBuilder {
        HealthBuilder::new()
    }

    /// Declares a check of something that the process cannot serve without, such as its database.
    pub fn readiness_check(&self, name: impl Into<String>) -> CheckBuilder {
        CheckBuilder::new(Arc::clone(&self.0), name.into().into(), Probe::Readiness)
    }

    /// Declares a check of something that only a restart repairs, such as a worker that has ended.
    pub fn liveness_check(&self, name: impl Into<String>) -> CheckBuilder {
        CheckBuilder::new(Arc::clone(&self.0), name.into().into(), Probe::Liveness)
    }

    /// Declares a condition of readiness that the process knows without waiting, such as a flag or a burn rate. It replaces a check of
    /// the same name.
    ///
    /// Each probe calls the closure where it is answered, so it must not block. A panic is a failure.
    pub fn gate(
        &self,
        name: impl Into<String>,
        gate: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) {
        let (name, work) = (name.into().into(), Work::Gate(Box::new(gate)));
        self.0.declare(Check { name, probe: Probe::Readiness, work });
    }

    /// Makes a component a condition of readiness: probes fail while it is unhealthy. It replaces a check of the same name, whose last
    /// result no longer holds.
    ///
    /// The score comes from the results that are recorded in the component; probes add none.
    pub fn component(&self, component: &Component) {
        let (name, work) = (component.name().into(), Work::Component(component.clone()));
        self.0.declare(Check { name, probe: Probe::Readiness, work });
    }

    /// Whether the process wants requests; default: `true`. With `false`, probes of readiness get 503 whatever the checks report: while
    /// caches are filled after the start, and before the end, so that load balancers take the process out in time.
    pub fn set_ready(&self, is_ready: bool) {
        self.0.set_ready(is_ready);
    }

    /// Makes the checks components of this system from their next results on, such as of one with a namespace. Call it before the first
    /// probe: results in the former system stay there.
    ///
    /// ```
    /// use radiosonde_admin::Health;
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_signals::SystemHealth;
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// let registry = Registry::new();
    /// let health = Health::builder().registry(&registry).build();          // of a service: `telemetry.health()`
    /// health.set_scores(&SystemHealth::builder().namespace("valtronics").registry(&registry).build()?);
    ///
    /// health.gate("warm", || Ok(()));
    /// assert!(health.ready().await.is_ok());
    /// assert!(registry.text().contains("valtronics_system_health_score{component=\"warm\"} 100\n"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_scores(&self, system: &SystemHealth) {
        self.0.set_scores(system);
    }

    /// Probes readiness.
    pub fn ready(&self) -> HealthFuture {
        HealthFuture::new(Arc::clone(&self.0), Probe::Readiness)
    }

    /// Probes liveness.
    pub fn live(&self) -> HealthFuture {
        HealthFuture::new(Arc::clone(&self.0), Probe::Liveness)
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}
