use std::fmt;

use radiosonde_metrics::IntGauge;
use radiosonde_metrics::collect::{Collection, Collector};

/// The connections of a pool at one moment.
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
    pub(crate) read: ReadState,
    pub(crate) gauges: Vec<(Number, IntGauge)>,
    pub(crate) waiting: Option<IntGauge>,
}

impl Collector for PoolGauges {
    fn collect(&self, _: &mut Collection) {
        let set = |gauge: &IntGauge, value| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        let state = (self.read)();
        for (number, gauge) in &self.gauges {
            set(gauge, number.of(&state));
        }
        if let (Some(gauge), Some(waiting)) = (&self.waiting, state.waiting) {
            set(gauge, waiting);
        }
    }
}

impl fmt::Debug for PoolGauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolGauges").field("gauges", &self.gauges).finish_non_exhaustive()
    }
}
