use std::sync::Arc;

use radiosonde_core::{Rate, SharedClock, SpanContext, SystemClock, TraceId};

use crate::sampling::branches::Branches;
use crate::sampling::input::SamplingInput;
use crate::sampling::invalid_sampler::InvalidSampler;
use crate::sampling::per_operation::{Operations, PerOperation};
use crate::sampling::rate_limit::RateLimit;
use crate::sampling::ratio::Ratio;
use crate::sampling::reloadable::Reloadable;
use crate::sampling::rules::Rules;
use crate::sampling::span_match::SpanMatch;

/// Decides which traces are recorded.
///
/// The decision is made when a span starts. A parent-based sampler, such as the default, makes it once per trace, where the
/// trace starts, and follows the decision of a parent. Spans that are not recorded still have ids: log lines carry them, and
/// requests propagate them with the sampled flag cleared.
///
/// # Shape
/// Samplers compose. Those that count, such as [`rate_limited`](Self::rate_limited), share their counts between clones. Two
/// samplers are equal if they are set up alike, whatever they have counted.
///
/// # Cost
/// No allocation and no lock.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers>
///
/// ```
/// use radiosonde_core::Rate;
/// use radiosonde_trace::{Sampler, SpanMatch};
///
/// let sampler = Sampler::from_env_values(Some("parentbased_traceidratio"), Some("0.25"))?;
/// assert_eq!(sampler, Sampler::parent_based_ratio(0.25)?);
///
/// let error = Sampler::from_env_values(Some("traceidratio"), Some("25%")).unwrap_err();
/// assert_eq!(error.to_string(), r#"invalid OTEL_TRACES_SAMPLER_ARG "25%": expected a ratio from 0 to 1"#);
///
/// // No health checks, every payment, 1 % of the rest; at most 100 traces a second because a caller asks for them.
/// let rules = [
///     (SpanMatch::new().route("/health/*"), Sampler::always_off()),
///     (SpanMatch::new().name("POST /payments"), Sampler::always_on()),
/// ];
/// let sampler = Sampler::parent_based(Sampler::rules(rules, Sampler::ratio(0.01)?))
///     .if_remote_sampled(Sampler::rate_limited(Rate::per_second(100)));
/// # assert_ne!(sampler, Sampler::default());
/// # Ok::<(), radiosonde_trace::InvalidSampler>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(try_from = "crate::sampling::named_sampler::NamedSampler")
)]
#[must_use]
pub struct Sampler(Strategy);

#[derive(Debug, Clone, PartialEq)]
enum Strategy {
    Plain(Plain),
    /// The common parent-based samplers, without an indirection.
    FollowsParent(Plain),
    ParentBased(Arc<Branches<Sampler>>),
    RateLimited(Arc<RateLimit>),
    Rules(Arc<Rules<Sampler>>),
    PerOperation(Arc<Operations>),
    Reloadable(Reloadable<Sampler>),
}

/// A decision from the trace id alone.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plain {
    AlwaysOn,
    AlwaysOff,
    Ratio(Ratio),
}

impl Plain {
    #[inline]
    fn sample(self, trace_id: TraceId) -> bool {
        match self {
            Self::AlwaysOn => true,
            Self::AlwaysOff => false,
            Self::Ratio(ratio) => ratio.samples(trace_id),
        }
    }
}

impl Sampler {
    /// Records every trace that starts here, and follows received decisions. The default.
    pub const fn parent_based_always_on() -> Self {
        Self(Strategy::FollowsParent(Plain::AlwaysOn))
    }

    /// Records no trace that starts here, and follows received decisions.
    pub const fn parent_based_always_off() -> Self {
        Self(Strategy::FollowsParent(Plain::AlwaysOff))
    }

    /// Records this share of the traces that start here, from 0 to 1, and follows received decisions.
    ///
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub fn parent_based_ratio(ratio: f64) -> Result<Self, InvalidSampler> {
        Ratio::new(ratio).map(Plain::Ratio).map(Strategy::FollowsParent).map(Self)
    }

    /// Records everything, whatever the received decision.
    pub const fn always_on() -> Self {
        Self(Strategy::Plain(Plain::AlwaysOn))
    }

    /// Records nothing.
    pub const fn always_off() -> Self {
        Self(Strategy::Plain(Plain::AlwaysOff))
    }

    /// Records this share of all traces, from 0 to 1, whatever the received decision.
    ///
    /// # Shape
    /// Services with the same ratio pick the same traces: the upper 63 bits of the id's last 8 bytes are compared with the
    /// ratio, as the OpenTelemetry SDKs do. Ids made here are random in all their bytes, and their contexts have the flag
    /// [`RANDOM`](radiosonde_core::TraceFlags::RANDOM). A foreign id without the flag may have fewer random bytes, so that
    /// the share of its traces may differ from the ratio; the decision is still the same in every service.
    ///
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub fn ratio(ratio: f64) -> Result<Self, InvalidSampler> {
        Ratio::new(ratio).map(Plain::Ratio).map(Strategy::Plain).map(Self)
    }

    /// Records spans up to this rate, with its burst. Alone, it decides on every span: for whole traces it belongs within a
    /// [parent-based](Self::parent_based) sampler.
    pub fn rate_limited(rate: Rate) -> Self {
        Self::rate_limited_by(rate, Arc::new(SystemClock))
    }

    /// Like [`rate_limited`](Self::rate_limited), with a clock for tests.
    pub fn rate_limited_by(rate: Rate, clock: SharedClock) -> Self {
        Self(Strategy::RateLimited(Arc::new(RateLimit::new(rate, clock))))
    }

    /// Decides by the first rule that matches the span, or else by `otherwise`.
    ///
    /// Alone, the rules decide on every span. As the root of a [parent-based](Self::parent_based) sampler, they decide by
    /// the first span of a trace.
    pub fn rules(rules: impl IntoIterator<Item = (SpanMatch, Self)>, otherwise: Self) -> Self {
        let rules = rules.into_iter().collect();
        Self(Strategy::Rules(Arc::new(Rules { rules, otherwise })))
    }

    /// Decides by ratios for span names, with a lower bound for each.
    pub fn per_operation(strategies: PerOperation) -> Self {
        Self(Strategy::PerOperation(Arc::new(Operations::new(strategies))))
    }

    /// Follows the decision of a parent; `root` decides on spans without one. Other decisions than the parent's are set with
    /// the `if_` methods.
    pub fn parent_based(root: Self) -> Self {
        match root.0 {
            Strategy::Plain(plain) => Self(Strategy::FollowsParent(plain)),
            _ => Self(Strategy::ParentBased(Arc::new(Branches::following_parents(root)))),
        }
    }

    /// Sets the sampler for spans whose parent belongs to another process and is sampled; default: always.
    ///
    /// A sampler that is not parent-based becomes the root of one that is; the same holds for the other `if_` methods.
    pub fn if_remote_sampled(self, sampler: Self) -> Self {
        self.with_branch(|branches| branches.remote_sampled = sampler)
    }

    /// Sets the sampler for spans whose parent belongs to another process and is not sampled; default: never.
    pub fn if_remote_not_sampled(self, sampler: Self) -> Self {
        self.with_branch(|branches| branches.remote_not_sampled = sampler)
    }

    /// Sets the sampler for spans whose parent belongs to this process and is sampled; default: always.
    pub fn if_local_sampled(self, sampler: Self) -> Self {
        self.with_branch(|branches| branches.local_sampled = sampler)
    }

    /// Sets the sampler for spans whose parent belongs to this process and is not sampled; default: never.
    pub fn if_local_not_sampled(self, sampler: Self) -> Self {
        self.with_branch(|branches| branches.local_not_sampled = sampler)
    }

    fn with_branch(self, set: impl FnOnce(&mut Branches<Self>)) -> Self {
        let mut branches = match self.0 {
            Strategy::ParentBased(branches) => Arc::unwrap_or_clone(branches),
            Strategy::FollowsParent(root) => Branches::following_parents(Self(Strategy::Plain(root))),
            root => Branches::following_parents(Self(root)),
        };
        set(&mut branches);
        Self(Strategy::ParentBased(Arc::new(branches)))
    }

    pub(crate) const fn of_reloadable(sampler: Reloadable<Self>) -> Self {
        Self(Strategy::Reloadable(sampler))
    }

    /// Whether the span that starts is recorded.
    #[inline]
    #[must_use]
    pub fn sample(&self, input: &SamplingInput<'_>) -> bool {
        match &self.0 {
            Strategy::Plain(plain) => plain.sample(input.trace_id),
            Strategy::FollowsParent(root) => match input.parent {
                Some((parent, _)) if !parent.flags().is_deferred() => parent.is_sampled(),
                _ => root.sample(input.trace_id),
            },
            Strategy::RateLimited(limit) => limit.allows(),
            composed => composed.sample_composed(input),
        }
    }

    /// Whether a decision may depend on attributes, so that the caller has to have them ready.
    #[inline]
    pub fn reads_attributes(&self) -> bool {
        match &self.0 {
            Strategy::Plain(_)
            | Strategy::FollowsParent(_)
            | Strategy::RateLimited(_)
            | Strategy::PerOperation(_) => false,
            Strategy::Rules(rules) => {
                rules.reads_attributes() || rules.samplers().any(Self::reads_attributes)
            }
            Strategy::ParentBased(branches) => branches.samplers().any(Self::reads_attributes),
            Strategy::Reloadable(sampler) => sampler.load().reads_attributes(),
        }
    }

    /// Whether the decision on a span with this parent needs more than its trace id.
    #[inline]
    pub(crate) fn reads_fields(&self, parent: Option<(SpanContext, bool)>) -> bool {
        match &self.0 {
            Strategy::Plain(_) | Strategy::FollowsParent(_) | Strategy::RateLimited(_) => false,
            Strategy::PerOperation(_) | Strategy::Rules(_) => true,
            Strategy::ParentBased(branches) => branches.of(parent).reads_fields(parent),
            Strategy::Reloadable(sampler) => sampler.load().reads_fields(parent),
        }
    }

    /// Whether this is the reloadable sampler, or has it within.
    pub(crate) fn contains(&self, reloadable: &Reloadable<Self>) -> bool {
        match &self.0 {
            Strategy::Plain(_)
            | Strategy::FollowsParent(_)
            | Strategy::RateLimited(_)
            | Strategy::PerOperation(_) => false,
            Strategy::Rules(rules) => rules.samplers().any(|sampler| sampler.contains(reloadable)),
            Strategy::ParentBased(branches) => {
                branches.samplers().any(|sampler| sampler.contains(reloadable))
            }
            Strategy::Reloadable(sampler) => sampler == reloadable || sampler.load().contains(reloadable),
        }
    }
}

impl Strategy {
    fn sample_composed(&self, input: &SamplingInput<'_>) -> bool {
        match self {
            Self::ParentBased(branches) => branches.of(input.parent).sample(input),
            Self::Rules(rules) => rules.of(input).sample(input),
            Self::PerOperation(operations) => operations.sample(input),
            Self::Reloadable(sampler) => sampler.load().sample(input),
            Self::Plain(plain) | Self::FollowsParent(plain) => plain.sample(input.trace_id),
            Self::RateLimited(limit) => limit.allows(),
        }
    }
}

impl Branches<Sampler> {
    const fn following_parents(root: Sampler) -> Self {
        Self {
            root,
            remote_sampled: Sampler::always_on(),
            remote_not_sampled: Sampler::always_off(),
            local_sampled: Sampler::always_on(),
            local_not_sampled: Sampler::always_off(),
        }
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::parent_based_always_on()
    }
}
