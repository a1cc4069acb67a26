use std::time::Duration;

use crate::golden::Series;
use crate::objectives::burn_window::BurnWindow;
use crate::objectives::declaring::alone::is_reachable;
use crate::objectives::indicator::Bound;
use crate::objectives::quantities::{number, span};
use crate::objectives::severity::Severity;
use crate::objectives::slo::Slo;
use crate::objectives::slo_error::SloError;
use crate::objectives::slo_error_kind::SloErrorKind;
use crate::objectives::work::Work;

/// Objectives of a service as the rows of a table with the columns target, warning and critical.
///
/// # Shape
/// A row has a name and three levels, from the strictest to the loosest. It becomes three objectives:
///
/// | level | name | alerts |
/// |---|---|---|
/// | target | `<table>_<row>` | [`BurnWindow::DEFAULT`], as far as its factors can be reached and its windows are not longer than the period |
/// | warning | `<table>_<row>_warning` | warning, if the level was missed in 5 minutes |
/// | critical | `<table>_<row>_critical` | critical, if the level was missed in 5 minutes |
///
/// The alerts of all three have the row's name, `<table>_<row>`, as their label `slo`, so that Alertmanager can inhibit the warning of a row
/// by its critical alert.
///
/// A percentile of the latency is an objective for that percentage: a 95th percentile of 50 ms is that 95 % take no longer than 50 ms.
/// Rows about a rate, an age or a gauge hold for a percentage of the time; default: 95 %.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{ObjectiveTable, Objectives, Work};
///
/// let ms = Duration::from_millis;
/// let gateway = ObjectiveTable::new("gateway")
///     .availability("availability", Work::http_server(), [99.99, 99.95, 99.9])
///     .latency("p95", Work::http_server(), 95.0, [ms(50), ms(75), ms(100)])
///     .owner("team-edge");
///
/// let objectives = Objectives::of(&Registry::new());
/// objectives.declare_all(gateway.slos()?)?;
/// let names: Vec<_> = objectives.slos().iter().map(|slo| slo.name().to_owned()).collect();
/// assert_eq!(names[..3], ["gateway_availability", "gateway_availability_warning", "gateway_availability_critical"]);
///
/// // An error ratio of 0.1 % allows ten times what an availability of 99.99 % does.
/// let contradiction = gateway.error_ratio("errors", Work::http_server(), [0.1, 0.5, 1.0]);
/// let refused = Objectives::of(&Registry::new()).declare_all(contradiction.slos()?).unwrap_err();
/// assert_eq!(refused.slo(), "gateway_errors");
/// # Ok::<(), radiosonde_signals::SloError>(())
/// ```
#[must_use = "a table is declared by `Objectives::declare_all`"]
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveTable {
    name: String,
    rows: Vec<Row>,
    time_percent: f64,
    period: Option<Duration>,
    events_per_second: Option<f64>,
    owner: Option<String>,
    runbook: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    name: String,
    levels: Levels,
}

/// The indicator of a row with its three levels.
#[derive(Debug, Clone, PartialEq)]
enum Levels {
    Availability(Work, [f64; 3]),
    ErrorRatio(Work, [f64; 3]),
    Latency(Work, f64, [Duration; 3]),
    Throughput(Series, [f64; 3]),
    Freshness(Series, [Duration; 3]),
    AtMost(Series, [f64; 3]),
    AtLeast(Series, [f64; 3]),
}

impl ObjectiveTable {
    /// A table without rows. The name is what the names of its objectives begin with.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            rows: Vec::new(),
            time_percent: 95.0,
            period: None,
            events_per_second: None,
            owner: None,
            runbook: None,
        }
    }

    fn row(mut self, name: impl Into<String>, levels: Levels) -> Self {
        self.rows.push(Row { name: name.into(), levels });
        self
    }

    /// Adds a row: at least these percentages of the work succeed.
    pub fn availability(self, row: impl Into<String>, work: Work, percent: [f64; 3]) -> Self {
        self.row(row, Levels::Availability(work, percent))
    }

    /// Adds a row: at most these percentages of the work fail. It is an availability of 100 % less these.
    pub fn error_ratio(self, row: impl Into<String>, work: Work, percent: [f64; 3]) -> Self {
        self.row(row, Levels::ErrorRatio(work, percent))
    }

    /// Adds a row: this percentile of the latency is at most these durations.
    pub fn latency(
        self,
        row: impl Into<String>,
        work: Work,
        percentile: f64,
        at_most: [Duration; 3],
    ) -> Self {
        self.row(row, Levels::Latency(work, percentile, at_most))
    }

    /// Adds a row: a counter grows by at least these numbers per second.
    pub fn throughput(self, row: impl Into<String>, events: Series, per_second: [f64; 3]) -> Self {
        self.row(row, Levels::Throughput(events, per_second))
    }

    /// Adds a row: a time in a gauge, in Unix seconds, is at most this long ago. A gauge of an age itself is a row of
    /// [`at_most`](Self::at_most).
    pub fn freshness(self, row: impl Into<String>, timestamp: Series, at_most: [Duration; 3]) -> Self {
        self.row(row, Levels::Freshness(timestamp, at_most))
    }

    /// Adds a row: a gauge is at most these values, such as a lag in seconds or a number of dead letters.
    pub fn at_most(self, row: impl Into<String>, gauge: Series, values: [f64; 3]) -> Self {
        self.row(row, Levels::AtMost(gauge, values))
    }

    /// Adds a row: a gauge is at least these values.
    pub fn at_least(self, row: impl Into<String>, gauge: Series, values: [f64; 3]) -> Self {
        self.row(row, Levels::AtLeast(gauge, values))
    }

    /// The percentage of the time for which rows about a rate, an age or a gauge hold; default: 95.
    pub const fn time_percent(mut self, percent: f64) -> Self {
        self.time_percent = percent;
        self
    }

    /// The period of the error budgets; default: 30 days.
    pub const fn period(mut self, period: Duration) -> Self {
        self.period = Some(period);
        self
    }

    /// The approximate number of events per second in all rows that count events.
    pub const fn expected_traffic(mut self, events_per_second: f64) -> Self {
        self.events_per_second = Some(events_per_second);
        self
    }

    /// The team that looks after them.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// The address of a page that explains what to do.
    pub fn runbook(mut self, url: impl Into<String>) -> Self {
        self.runbook = Some(url.into());
        self
    }

    /// The objectives of all rows.
    ///
    /// # Errors
    /// [`SloError`] with the row whose levels are not ordered from the strictest to the loosest.
    pub fn slos(&self) -> Result<Vec<Slo>, SloError> {
        let mut slos = Vec::new();
        for row in &self.rows {
            let name = format!("{}_{}", self.name, row.name);
            row.levels.check().map_err(|kind| SloError::new(&name, kind))?;
            let [target, warning, critical] = row.levels.slos(&name, self.time_percent);
            slos.push(with_reachable_windows(self.completed(target)));
            slos.push(as_level(self.completed(warning), &name, Severity::Warning));
            slos.push(as_level(self.completed(critical), &name, Severity::Critical));
        }
        Ok(slos)
    }

    /// An objective with what all of the table have.
    fn completed(&self, slo: Slo) -> Slo {
        let slo = match self.events_per_second.filter(|_| slo.indicator().counts_events()) {
            Some(events) => slo.expected_traffic(events),
            None => slo,
        };
        let slo = self.period.map_or(slo.clone(), |period| slo.period(period));
        let slo = self.owner.as_ref().map_or(slo.clone(), |owner| slo.owner(owner));
        self.runbook.as_ref().map_or(slo.clone(), |runbook| slo.runbook(runbook))
    }
}

impl Levels {
    /// Refuses levels that are not ordered.
    fn check(&self) -> Result<(), SloErrorKind> {
        let percent = |levels: &[f64; 3]| levels.map(|level| format!("{level} %"));
        let (is_ordered, levels) = match self {
            Self::Availability(_, levels) => (levels.is_sorted_by(|a, b| a > b), percent(levels)),
            Self::ErrorRatio(_, levels) => (levels.is_sorted_by(|a, b| a < b), percent(levels)),
            Self::Latency(_, _, levels) | Self::Freshness(_, levels) => {
                (levels.is_sorted_by(|a, b| a < b), levels.map(span))
            }
            Self::Throughput(_, levels) | Self::AtLeast(_, levels) => {
                (levels.is_sorted_by(|a, b| a > b), levels.map(|level| level.to_string()))
            }
            Self::AtMost(_, levels) => {
                (levels.is_sorted_by(|a, b| a < b), levels.map(|level| level.to_string()))
            }
        };
        if is_ordered { Ok(()) } else { Err(SloErrorKind::Levels { levels }) }
    }

    /// An objective for each level.
    fn slos(&self, name: &str, time_percent: f64) -> [Slo; 3] {
        let names = [name.to_owned(), format!("{name}_warning"), format!("{name}_critical")];
        let mut at = 0;
        names.map(|name| {
            let level = at;
            at += 1;
            match self {
                Self::Availability(work, percent) => Slo::availability(name, percent[level], work.clone()),
                Self::ErrorRatio(work, percent) => {
                    Slo::availability(name, number(100.0 - percent[level]), work.clone())
                }
                Self::Latency(work, percentile, at_most) => {
                    Slo::latency(name, *percentile, work.clone(), at_most[level])
                }
                Self::Throughput(events, per_second) => {
                    Slo::throughput(name, time_percent, events.clone(), per_second[level])
                }
                Self::Freshness(timestamp, at_most) => {
                    Slo::freshness(name, time_percent, timestamp.clone(), at_most[level])
                }
                Self::AtMost(gauge, values) => {
                    Slo::gauge(name, time_percent, gauge.clone(), Bound::AtMost(values[level]))
                }
                Self::AtLeast(gauge, values) => {
                    Slo::gauge(name, time_percent, gauge.clone(), Bound::AtLeast(values[level]))
                }
            }
        })
    }
}

/// Leaves out windows whose factor bad events cannot exceed, as a median has a budget of 50 %, and those longer than the period.
fn with_reachable_windows(slo: Slo) -> Slo {
    let (budget, period) = (slo.error_budget(), slo.budget_period());
    let fits = |window: &BurnWindow| is_reachable(budget, window.factor) && window.long <= period;
    slo.windows(BurnWindow::DEFAULT.into_iter().filter(fits))
}

const LEVEL_WINDOW: Duration = Duration::from_secs(5 * 60);

fn as_level(slo: Slo, row: &str, severity: Severity) -> Slo {
    let window = BurnWindow { long: LEVEL_WINDOW, short: LEVEL_WINDOW, factor: 1.0, severity };
    slo.windows([window]).level_of(row)
}
