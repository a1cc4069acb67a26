use radiosonde_signals::Slo;

use crate::builder::TelemetryBuilder;

impl TelemetryBuilder {
    /// Declares objectives of the service; several calls add up. Each threshold of a latency becomes a bucket of the histogram that it
    /// is about, so declare them here rather than after the work exists.
    ///
    /// Burn rates and error budgets are evaluated every few seconds on a thread of their own, with the feature `alerts`, and exposed
    /// as `slo_burn_rate` and `slo_error_budget_remaining`. [`Telemetry::objectives`](crate::Telemetry::objectives) has them, too.
    /// `docs/objectives.md` is the guide.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use radiosonde::signals::{Slo, Work};
    ///
    /// let order = || Work::route("/orders/{id}");
    /// let builder = radiosonde::builder().service_name("orders").objectives([
    ///     Slo::availability("orders_available", 99.9, order()).owner("team-orders"),
    ///     Slo::latency("orders_fast", 95.0, order(), Duration::from_millis(200)).owner("team-orders"),
    /// ]);
    /// ```
    pub fn objectives(mut self, objectives: impl IntoIterator<Item = Slo>) -> Self {
        self.objectives.extend(objectives);
        self
    }
}
