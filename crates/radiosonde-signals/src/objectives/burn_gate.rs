use std::sync::{Arc, Once};

use radiosonde_core::{SharedClock, diagnostics};

use crate::objectives::objectives::Objectives;

impl Objectives {
    /// A condition of readiness, for `Health::gate` of `radiosonde-admin`: it fails while the error budget of an objective burns faster
    /// than `factor` in the shortest of its windows.
    ///
    /// # Shape
    /// It reads the last evaluation, and passes
    /// - while the window has fewer bad events than the objective needs for an alert, so that one failure is not enough;
    /// - when the window has no events: an instance that is not ready gets no requests, and none of them could be good. So the gate fails
    ///   for about the length of the window after the last bad event, and the instance then gets its next chance;
    /// - if the last evaluation is longer ago, by the clock of the evaluations, than the window is long;
    /// - while no objective has this name, which the first probe reports in [`diagnostics`]: it may be declared later.
    ///
    /// # Cost
    /// A lock; it allocates only to fail.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use radiosonde_core::{SharedClock, SystemClock};
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_metrics::model::Kind;
    /// use radiosonde_signals::{Objectives, Series, Slo};
    ///
    /// let registry = Registry::new();
    /// let orders = registry.counter("orders_total", "Orders.").labels(&["result"])?;
    /// let total = Series::of(&registry, "orders_total", Kind::Counter);
    /// let objectives = Objectives::of(&registry);
    /// objectives.declare(Slo::correctness("orders", 99.9, total.clone().with("result", "failed"), total))?;
    ///
    /// let clock: SharedClock = Arc::new(SystemClock);
    /// let is_ready = objectives.burn_gate("orders", 14.4, Arc::clone(&clock));
    /// assert_eq!(is_ready(), Ok(()));
    /// orders.with(&["done"]).inc_by(90);
    /// orders.with(&["failed"]).inc_by(10);
    /// objectives.evaluate(&*clock);
    /// assert_eq!(is_ready().unwrap_err(), "the error budget of \"orders\" burns at 100.0 times its rate in 5m: expected at most 14.4");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn burn_gate(
        &self,
        slo: impl Into<String>,
        factor: f64,
        clock: SharedClock,
    ) -> impl Fn() -> Result<(), String> + Send + Sync + 'static {
        let (board, slo, is_reported) = (Arc::clone(self.board()), slo.into(), Once::new());
        move || {
            let now = clock.monotonic();
            board.gate(&slo, factor, now).unwrap_or_else(|| {
                is_reported.call_once(|| report_unknown(&slo));
                Ok(())
            })
        }
    }
}

fn report_unknown(slo: &str) {
    let message = format_args!("no objective has the name {slo:?}: the gate passes until it is declared");
    diagnostics::report("signals", "burn gate", message);
}
