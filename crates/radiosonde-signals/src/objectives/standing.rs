use std::sync::Arc;
use std::time::Duration;

use radiosonde_metrics::snapshot::{Snapshot, SnapshotOrder};

use crate::golden::GoldenSignals;
use crate::objectives::burn_window::BurnWindow;
use crate::objectives::counts::Counts;
use crate::objectives::indicator::Indicator;
use crate::objectives::label_sets::LabelSets;
use crate::objectives::moment::Moment;
use crate::objectives::reading::Reading;
use crate::objectives::slo::Slo;
use crate::objectives::slo_metrics::{SloFamilies, SloMetrics};
use crate::objectives::slo_status::{SloStatus, WindowStatus};
use crate::objectives::sources::Sources;
use crate::objectives::window_ring::WindowRing;

/// The state of an objective: the counts that were read so far, its burn rates and its budget.
#[derive(Debug)]
pub(crate) struct Standing {
    slo: Slo,
    sources: Sources,
    reading: Reading,
    /// The snapshot at the declaration of the objective, until its work is found.
    baseline: Option<Arc<Snapshot>>,
    /// When the snapshot that was read last was taken.
    last_read: SnapshotOrder,
    /// The times of the first and the last evaluation.
    evaluated: Option<(Duration, Duration)>,
    period: WindowRing,
    period_counts: Counts,
    rings: Vec<WindowRing>,
    /// One for each of the rings, from the shortest to the longest.
    windows: Vec<WindowStatus>,
    metrics: SloMetrics,
}

/// The longest time between two evaluations that an objective measured over time counts. Of a process that stood still for longer, the
/// rest is unknown.
const LONGEST_STEP: Duration = Duration::from_secs(300);

impl Standing {
    /// At the beginning: the series in the snapshot count from their values in it.
    pub(crate) fn new(slo: Slo, families: &SloFamilies, baseline: Arc<Snapshot>) -> Self {
        let mut lengths: Vec<Duration> =
            slo.burn_windows().iter().flat_map(|window| [window.short, window.long]).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let idle = |&window| WindowStatus { window, counts: Counts::default(), burn_rate: 0.0 };
        let windows: Vec<WindowStatus> = lengths.iter().map(idle).collect();
        let standing = Self {
            sources: Sources::of(slo.indicator(), &[]),
            reading: Reading::default(),
            last_read: baseline.order(),
            baseline: Some(baseline),
            evaluated: None,
            period: WindowRing::new(slo.budget_period()),
            period_counts: Counts::default(),
            rings: lengths.into_iter().map(WindowRing::new).collect(),
            metrics: families.series(slo.name(), &windows),
            windows,
            slo,
        };
        standing.show();
        standing
    }

    pub(crate) const fn slo(&self) -> &Slo {
        &self.slo
    }

    /// Finds the series of the work among these signals.
    pub(crate) fn find_work(&mut self, signals: &[GoldenSignals]) {
        self.sources = Sources::of(self.slo.indicator(), signals);
        if self.sources.are_known()
            && let Some(baseline) = self.baseline.take()
        {
            self.reading.begin(&self.sources, &baseline);
        }
    }

    /// Counts what has happened up to this moment.
    pub(crate) fn evaluate(&mut self, snapshot: &Snapshot, known: &mut LabelSets, moment: Moment) {
        let order = snapshot.order();
        if !order.is_after(self.last_read) && order != self.last_read {
            return;
        }
        self.last_read = order;
        let (first, last) = self.evaluated.unwrap_or((moment.monotonic, moment.monotonic));
        let now = moment.monotonic.max(last);
        let moment = Moment { monotonic: now, ..moment };
        let step = (now - last).min(LONGEST_STEP);
        self.evaluated = Some((first, now));
        let counts = self.reading.read(&mut self.sources, snapshot, known, moment, step);
        self.metrics.add(counts);
        self.period.add(now, counts);
        self.period_counts = self.period.counts(now);
        let budget = self.slo.error_budget();
        for (ring, status) in self.rings.iter_mut().zip(&mut self.windows) {
            ring.add(now, counts);
            status.counts = ring.counts(now);
            if let Some(bad_ratio) = status.counts.bad_ratio() {
                status.burn_rate = bad_ratio / budget;
            }
        }
        self.show();
    }

    fn show(&self) {
        let bad_ratio = self.period_counts.bad_ratio().unwrap_or(0.0);
        self.metrics.show(1.0 - bad_ratio, self.budget_remaining());
        self.metrics.show_burn_rates(&self.windows);
    }

    /// The share of the budget that is left. A period without bad events has all of it.
    fn budget_remaining(&self) -> f64 {
        let Counts { total, bad } = self.period_counts;
        if bad <= 0.0 {
            return 1.0;
        }
        let expected = self.events_per_second() * self.slo.budget_period().as_secs_f64();
        1.0 - bad / (self.slo.error_budget() * total.max(bad).max(expected))
    }

    /// An objective measured over time has a second in each second.
    fn events_per_second(&self) -> f64 {
        match self.slo.indicator() {
            Indicator::Throughput { .. } | Indicator::Freshness { .. } | Indicator::Gauge { .. } => 1.0,
            Indicator::Availability(_) | Indicator::Latency { .. } | Indicator::Correctness { .. } => {
                self.slo.events_per_second().unwrap_or(0.0)
            }
        }
    }

    pub(crate) fn status(&self) -> SloStatus {
        let observed = self.evaluated.map_or(Duration::ZERO, |(first, last)| last - first);
        SloStatus {
            slo: self.slo.clone(),
            observed: observed.min(self.slo.budget_period()),
            period: self.period_counts,
            budget_remaining: self.budget_remaining(),
            windows: self.windows.clone(),
            burning: self.slo.burn_windows().iter().copied().filter(|pair| self.is_burning(pair)).collect(),
        }
    }

    /// Whether the budget burns at most this fast in the shortest window, as far as that is known at this time.
    pub(crate) fn gate(&self, factor: f64, now: Duration) -> Result<(), String> {
        let (Some(short), Some((_, evaluated))) = (self.windows.first(), self.evaluated) else {
            return Ok(());
        };
        let is_outdated = now.saturating_sub(evaluated) > short.window;
        let is_certain = short.counts.bad > 0.0 && short.counts.bad >= self.slo.least_bad_in(short.window);
        if is_outdated || !is_certain || short.burn_rate <= factor {
            return Ok(());
        }
        Err(format!(
            "the error budget of {:?} burns at {:.1} times its rate in {}: expected at most {factor}",
            self.slo.name(),
            short.burn_rate,
            short.label(),
        ))
    }

    /// A window without bad events does not burn, also if it is empty and holds a rate: an instance that gets no more requests, as its
    /// readiness fails, would alert for as long as the long window.
    fn is_burning(&self, pair: &BurnWindow) -> bool {
        let window = |length| self.windows.iter().find(|of| of.window == length);
        let burns =
            |length| window(length).is_some_and(|of| of.burn_rate > pair.factor && of.counts.bad > 0.0);
        let bad = window(pair.long).map_or(0.0, |of| of.counts.bad);
        burns(pair.long) && burns(pair.short) && bad >= self.slo.least_bad_in(pair.long)
    }
}
