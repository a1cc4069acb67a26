use std::time::SystemTime;

use radiosonde_core::silence::is_silenced;
use radiosonde_core::{Clock as _, SharedClock, SystemClock};
use tracing::level_filters::LevelFilter;

use crate::processing::span_processor::Processor;
use crate::propagation::baggage_rules::BaggageRules;
use crate::records::limits::ResolvedLimits;
use crate::sampling::input::SamplingInput;
use crate::sampling::sampler::Sampler;
use crate::spans::finished_span::nanoseconds;
use crate::tail::Tail;

/// What the layers of a pipeline share.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) sampler: Sampler,
    pub(crate) processor: Processor,
    pub(crate) tail: Option<Tail>,
    pub(crate) limits: ResolvedLimits,
    pub(crate) baggage: BaggageRules,
    /// `None` for the system's, which is read directly.
    pub(crate) clock: Option<SharedClock>,
    pub(crate) events: LevelFilter,
    pub(crate) has_location: bool,
    pub(crate) is_disabled: bool,
}

impl Settings {
    /// Nanoseconds since 1970.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        nanoseconds(self.clock.as_ref().map_or_else(now, |clock| clock.now()))
    }

    /// Samples nothing once the pipeline is shut down: a propagated context then means that the trace continues, not that this
    /// process records it. The same holds on [silenced](radiosonde_core::silence) threads: a span about sending a span would
    /// produce another one.
    #[inline]
    pub(crate) fn sample(&self, input: &SamplingInput<'_>) -> bool {
        if !self.sampler.sample(input) || is_silenced() {
            return false;
        }
        if self.processor.is_closed() {
            self.processor.started_too_late();
            return false;
        }
        true
    }

    /// Decides once more on a span whose parent was set after it was made. It is counted once if it is too late.
    pub(crate) fn sample_again(&self, input: &SamplingInput<'_>) -> bool {
        self.sampler.sample(input) && !is_silenced() && !self.processor.is_closed()
    }
}

fn now() -> SystemTime {
    SystemClock.now()
}
