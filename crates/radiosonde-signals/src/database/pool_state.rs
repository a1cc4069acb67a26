use std::fmt;
use std::sync::{Mutex, PoisonError};

use radiosonde_metrics::IntGauge;
use radiosonde_metrics::collect::{Collection, Collector};

/// The connections of a pool at one moment. Default: those of a pool that is gone, which has none.
///
/// ```
/// use radiosonde_signals::PoolState;
///
/// let state = PoolState { active: 3, idle: 7, max: 20, ..PoolState::default() };
/// assert_eq!(state.waiting, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolState {
    /// Connections in use.
    pub active: u64,
    /// Open connections that are idle.
    pub idle: u64,
    /// The largest number of connections.
    pub max: u64,
    /// How many wait for a connection. Default: those that [acquire](crate::Database::acquire) one at that moment.
    pub waiting: Option<u64>,
}

/// A number of a pool's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Active,
    Idle,
    Max,
    Open,
}

impl Number {
    const fn of(self, state: &PoolState) -> u64 {
        match self {
            Self::Active => state.active,
            Self::Idle => state.idle,
            Self::Max => state.max,
            Self::Open => state.active.saturating_add(state.idle),
        }
    }
}

/// Reads the state of a pool.
pub(crate) type ReadState = Box<dyn Fn() -> PoolState + Send + Sync>;

/// Sets the gauges of a pool at each scrape.
pub(crate) struct PoolGauges {
    read: ReadState,
    gauges: Vec<(Number, IntGauge)>,
    waiting: Option<IntGauge>,
    /// What the gauge of those that wait is higher than the number of waits that are measured, because the pool knows better.
    correction: Mutex<i64>,
}

impl PoolGauges {
    pub(crate) const fn new(
        read: ReadState,
        gauges: Vec<(Number, IntGauge)>,
        waiting: Option<IntGauge>,
    ) -> Self {
        Self { read, gauges, waiting, correction: Mutex::new(0) }
    }

    /// Corrects the gauge of those that wait to the number that the pool knows; without one, it is the measured waits again.
    fn correct(&self, known: Option<u64>) {
        let Some(gauge) = &self.waiting else { return };
        let mut correction = self.correction.lock().unwrap_or_else(PoisonError::into_inner);
        // Only added to, as waits begin and end meanwhile.
        let next = known.map_or(0, |known| number(known) - (gauge.value() - *correction));
        gauge.add(next - *correction);
        *correction = next;
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Collector for PoolGauges {
    fn collect(&self, _: &mut Collection) {
        let state = (self.read)();
        for (wanted, gauge) in &self.gauges {
            gauge.set(number(wanted.of(&state)));
        }
        self.correct(state.waiting);
    }
}

/// A pool that replaces this one counts from the measured waits.
impl Drop for PoolGauges {
    fn drop(&mut self) {
        self.correct(None);
    }
}

impl fmt::Debug for PoolGauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolGauges").field("gauges", &self.gauges).finish_non_exhaustive()
    }
}
