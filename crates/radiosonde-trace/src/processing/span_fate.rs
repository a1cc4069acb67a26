/// What becomes of a span of another tracing API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanFate {
    pub(crate) is_sampled: bool,
    pub(crate) is_recorded: bool,
}

impl SpanFate {
    /// A sampled span, for those on which another sampler has decided.
    pub const SAMPLED: Self = Self { is_sampled: true, is_recorded: true };

    /// Whether its context is sampled.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.is_sampled
    }

    /// Whether it has to be passed to [`TracePipeline::accept`](crate::TracePipeline::accept) when it ends: it is sampled and
    /// there is a sink, or it is kept for the local tail.
    #[must_use]
    pub const fn is_recorded(self) -> bool {
        self.is_recorded
    }
}
