use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use radiosonde_core::clock_skew::is_in_future;
use radiosonde_core::{Level, SharedClock, SystemClock};

use crate::error_pattern::{ErrorPattern, PatternCounts};
use crate::error_summary::{ErrorSummary, MessageCounts, ServiceErrors, key, per_hour};
use crate::hours::Hours;
use crate::level_counts::LevelCounts;
use crate::recent_lines::RecentLines;
use crate::ring::Part;
use crate::service_health::ServiceHealth;
use crate::services::Services;
use crate::trends::LogTrends;
use radiosonde_log::{Line, LineSink};

/// The largest number of errors in a summary.
const ERRORS: usize = 10_000;

/// Memory for those errors: 100 characters of each message, and the service's name.
const ERROR_BYTES: usize = 4 << 20;

/// Keeps the last lines and counts every line by level, service and hour.
///
/// A sink for [`LogOptions::sink`](radiosonde_log::LogOptions::sink), or for lines from elsewhere. Clones share
/// all data.
///
/// # Shape
/// A line counts in the hour of its own timestamp; the last week of hours is kept. The first 63 services are counted
/// separately. Later ones share `_overflow`, and a line without a service counts as `unknown`. The last 10,000 errors are
/// kept separately, so that a flood of other lines does not evict them.
///
/// # Cost
/// Per line, on the thread that logs: two locks, a copy of the line and three counters. An error takes a third lock, copies
/// the first 100 characters of its message and searches the first 4 KiB. No allocation once the service and the hour are
/// known.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use radiosonde_core::Level;
/// use radiosonde_recent::LogAggregator;
/// use radiosonde_log::{Line, LineSink as _};
///
/// let logs = LogAggregator::new();
/// # #[allow(clippy::disallowed_methods, reason = "an example")]
/// let now = SystemTime::now();
/// for at in 0..10 {
///     let (level, message) = if at == 0 { (Level::Error, "Database gone") } else { (Level::Info, "paid") };
///     logs.accept(&Line::new("{}", now, level).with_service("orders").with_message(message));
/// }
/// assert_eq!(logs.totals().to_string(), "10 lines: 9 INFO, 1 ERROR");
/// assert_eq!(logs.service_health()[0].to_string(), "orders: healthy, 90.0 of 100 (10 lines)");
/// assert_eq!(
///     logs.error_summary(Duration::from_secs(3600)).to_string(),
///     "1 errors in 3600s, 1.0 per hour\n\
///      orders: 1 errors, 1.0 per hour\n  1 times \"Database gone\"\n\
///      patterns: database_error 1",
/// );
/// ```
#[derive(Clone)]
pub struct LogAggregator {
    shared: Arc<Shared>,
}

struct Shared {
    clock: SharedClock,
    recent: RecentLines,
    errors: RecentLines,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    services: Services,
    /// Indexed by the service's number.
    of_services: Vec<LevelCounts>,
    hours: Hours,
    patterns: PatternCounts,
}

impl LogAggregator {
    /// Counts lines and keeps the last ones as [`RecentLines::new`] does.
    #[must_use]
    pub fn new() -> Self {
        Self::over(RecentLines::new(), Arc::new(SystemClock))
    }

    /// Counts lines, keeps them in `recent`, and measures windows back from the time of `clock`.
    ///
    /// `recent` receives its lines from here, so it must not be a sink of the same layer as well.
    #[must_use]
    pub fn over(recent: RecentLines, clock: SharedClock) -> Self {
        let (errors, counted) = (RecentLines::of(ERRORS, ERROR_BYTES), Mutex::default());
        Self { shared: Arc::new(Shared { clock, recent, errors, counted }) }
    }

    /// The last lines.
    #[must_use]
    pub fn recent(&self) -> &RecentLines {
        &self.shared.recent
    }

    /// Totals since the start, by level.
    #[must_use]
    pub fn totals(&self) -> LevelCounts {
        let mut totals = LevelCounts::default();
        for counts in &self.lock().of_services {
            totals += *counts;
        }
        totals
    }

    /// Totals since the start, by service and level.
    #[must_use]
    pub fn services(&self) -> Vec<(String, LevelCounts)> {
        let counted = self.lock();
        let names = counted.services.names().map(str::to_owned);
        names.zip(counted.of_services.iter().copied()).collect()
    }

    /// Errors since the start, by pattern.
    #[must_use]
    pub fn patterns(&self) -> PatternCounts {
        self.lock().patterns
    }

    /// The errors of the last `window`, such as 24 hours.
    #[must_use]
    pub fn error_summary(&self, window: Duration) -> ErrorSummary {
        let (now, cutoff) = (self.shared.clock.now(), self.cutoff(window));
        let (mut all, mut patterns) = (MessageCounts::default(), PatternCounts::default());
        let mut of_services: HashMap<String, MessageCounts> = HashMap::new();
        self.shared.errors.visit(|error| {
            if error.facts.timestamp > cutoff && !is_in_future(error.facts.timestamp, now) {
                let (service, message) = (error.part(Part::Service), error.part(Part::Message));
                all.count(message);
                match of_services.get_mut(service) {
                    Some(counts) => counts.count(message),
                    None => of_services.entry(service.to_owned()).or_default().count(message),
                }
                let pattern = error.part(Part::Target);
                if let Some(known) = ErrorPattern::ALL.into_iter().find(|known| known.name() == pattern) {
                    patterns.count(known);
                }
            }
            true
        });
        let mut services: Vec<_> = of_services
            .into_iter()
            .map(|(service, counts)| service_errors(service, counts, window))
            .collect();
        services.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.service.cmp(&b.service)));
        let total = all.total();
        ErrorSummary {
            window,
            total,
            per_hour: per_hour(total, window),
            services,
            patterns,
            top_messages: all.top(10),
            is_complete: !self.shared.errors.forgot_after(cutoff),
        }
    }

    /// The health of each service, from all its lines since the start.
    #[must_use]
    pub fn service_health(&self) -> Vec<ServiceHealth> {
        self.services().iter().map(|(service, counts)| ServiceHealth::of(service, *counts)).collect()
    }

    /// The health of each service, from the hours that began within `window`.
    #[must_use]
    pub fn recent_health(&self, window: Duration) -> Vec<ServiceHealth> {
        let (now, cutoff) = (self.shared.clock.now(), self.cutoff(window));
        let counted = self.lock();
        let mut of_services = vec![LevelCounts::default(); counted.of_services.len()];
        for hour in counted.hours.between(cutoff, now) {
            for (sum, counts) in of_services.iter_mut().zip(&hour.services) {
                *sum += *counts;
            }
        }
        let known = counted.services.names().zip(of_services).filter(|(_, counts)| counts.total() > 0);
        known.map(|(service, counts)| ServiceHealth::of(service, counts)).collect()
    }

    /// Lines per hour, for the hours that began within `window`, at most a week.
    #[must_use]
    pub fn trends(&self, window: Duration) -> LogTrends {
        let (now, cutoff) = (self.shared.clock.now(), self.cutoff(window));
        let counted = self.lock();
        let names: Vec<&str> = counted.services.names().collect();
        LogTrends::of(&counted.hours, &names, cutoff, now)
    }

    fn cutoff(&self, window: Duration) -> SystemTime {
        self.shared.clock.now().checked_sub(window).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.shared.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn service_errors(service: String, counts: MessageCounts, window: Duration) -> ServiceErrors {
    let count = counts.total();
    ServiceErrors { service, count, per_hour: per_hour(count, window), top_messages: counts.top(5) }
}

impl LineSink for LogAggregator {
    fn accept(&self, line: &Line<'_>) {
        self.shared.recent.accept(line);
        let pattern = if line.level() >= Level::Error { ErrorPattern::of(line.message()) } else { None };
        let mut counted = self.lock();
        let service = counted.services.number(line.service());
        if counted.of_services.len() <= service {
            counted.of_services.push(LevelCounts::default());
        }
        counted.of_services[service].count(line.level());
        counted.hours.count(line.timestamp(), service, line.level(), &*self.shared.clock);
        if let Some(pattern) = pattern {
            counted.patterns.count(pattern);
        }
        if line.level() >= Level::Error {
            // Only the parts that a summary needs, so that more errors fit.
            let error = Line::new("", line.timestamp(), line.level())
                .with_service(counted.services.name(service))
                .with_message(key(line.message()))
                .with_target(pattern.map_or("", ErrorPattern::name));
            self.shared.errors.accept(&error);
        }
    }
}

impl Default for LogAggregator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LogAggregator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogAggregator").field("totals", &self.totals()).finish_non_exhaustive()
    }
}
