use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use radiosonde_core::gcra::{Due, Gcra, nanoseconds};
use radiosonde_core::{Clock, Rate, SharedClock, SystemClock};

use crate::sampling::input::SamplingInput;
use crate::sampling::invalid_sampler::InvalidSampler;
use crate::sampling::ratio::Ratio;

/// Ratios by span name, with a lower bound: the strategies of Jaeger's remote sampling, for
/// [`Sampler::per_operation`](crate::Sampler::per_operation).
///
/// # Shape
/// A span is sampled if its operation's ratio picks the trace, or if the operation would otherwise stay below the lower bound
/// of sampled spans per second. An operation without a ratio of its own has the default one. The lower bound holds for each
/// operation with a ratio; the others share 256 allowances, chosen by a hash of the name.
///
/// # Cost
/// One lookup by name and one exchange of an atomic; no lock, no allocation.
///
/// # Source
/// `PerOperationSamplingStrategies`:
/// <https://www.jaegertracing.io/docs/latest/architecture/sampling/#per-operation-sampling>
///
/// ```
/// use radiosonde_trace::{PerOperation, Sampler};
///
/// let strategies = PerOperation::new(0.001)?.operation("GET /orders", 0.1)?.lower_bound(1.0 / 60.0);
/// let sampler = Sampler::parent_based(Sampler::per_operation(strategies));
/// # assert_ne!(sampler, Sampler::default());
/// # Ok::<(), radiosonde_trace::InvalidSampler>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PerOperation {
    otherwise: Ratio,
    operations: HashMap<Box<str>, Ratio>,
    lower_bound: Rate,
    clock: SharedClock,
}

impl PerOperation {
    /// Strategies with this ratio for every operation, and no lower bound.
    ///
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub fn new(default_ratio: f64) -> Result<Self, InvalidSampler> {
        Ok(Self {
            otherwise: Ratio::new(default_ratio)?,
            operations: HashMap::new(),
            lower_bound: Rate::per_second(0),
            clock: Arc::new(SystemClock),
        })
    }

    /// Sets the ratio of spans with this name.
    ///
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub fn operation(mut self, name: impl Into<String>, ratio: f64) -> Result<Self, InvalidSampler> {
        self.operations.insert(name.into().into(), Ratio::new(ratio)?);
        Ok(self)
    }

    /// Sets the number of spans per second that are sampled of each operation at least; default: 0.
    pub fn lower_bound(mut self, per_second: f64) -> Self {
        self.lower_bound = Rate::per_second_f64(per_second);
        self
    }

    /// Sets the clock of the lower bound; default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

/// Number of allowances for operations without a ratio.
const SHARED: usize = 256;

/// The strategies and how far their lower bounds are used up.
#[derive(Debug)]
pub(crate) struct Operations {
    otherwise: Ratio,
    operations: HashMap<Box<str>, (Ratio, Due)>,
    rate: Rate,
    lower_bound: Gcra,
    shared: Box<[Due]>,
    hasher: RandomState,
    clock: SharedClock,
}

impl Operations {
    pub(crate) fn new(strategies: PerOperation) -> Self {
        let PerOperation { otherwise, operations, lower_bound: rate, clock } = strategies;
        let operations = operations.into_iter().map(|(name, ratio)| (name, (ratio, Due::default())));
        Self {
            otherwise,
            operations: operations.collect(),
            rate,
            lower_bound: Gcra::new(rate),
            shared: (0..SHARED).map(|_| Due::default()).collect(),
            hasher: RandomState::new(),
            clock,
        }
    }

    pub(crate) fn sample(&self, input: &SamplingInput<'_>) -> bool {
        let (ratio, due) = match self.operations.get(input.name) {
            Some((ratio, due)) => (*ratio, Some(due)),
            None => (self.otherwise, None),
        };
        let is_picked = ratio.samples(input.trace_id);
        if self.rate == Rate::per_second(0) {
            return is_picked;
        }
        let Some(due) = due.or_else(|| self.shared(input.name)) else { return is_picked };
        // Even if the ratio picked it: the span counts towards the lower bound.
        self.lower_bound.conforms(due, nanoseconds(self.clock.monotonic())) || is_picked
    }

    fn shared(&self, name: &str) -> Option<&Due> {
        #[allow(clippy::cast_possible_truncation, reason = "only the lowest bits matter")]
        self.shared.get(self.hasher.hash_one(name) as usize % SHARED)
    }
}

impl PartialEq for Operations {
    fn eq(&self, other: &Self) -> bool {
        let ratios = |operations: &Self| -> HashMap<Box<str>, Ratio> {
            operations.operations.iter().map(|(name, (ratio, _))| (name.clone(), *ratio)).collect()
        };
        self.otherwise == other.otherwise && self.rate == other.rate && ratios(self) == ratios(other)
    }
}
