//! For crates that let another tracing API take part in the same traces.
//!
//! A bridge reports the other API's current context by [`set_outer_context`], asks
//! [`TracePipeline::begin`](crate::TracePipeline::begin) about its spans, and passes those that ended to
//! [`TracePipeline::accept`](crate::TracePipeline::accept). A layer that makes its own spans from those of `tracing` offers a
//! [`SpanControl`], so that [`set_parent`](crate::set_parent) and the other functions of this crate reach them.

pub use crate::active::annotating::find_canonical_records;
pub use crate::active::span_control::{ControlSpans, SpanControl};
pub use crate::entering::outer_context::{OuterContext, set_outer_context};
pub use crate::processing::span_fate::SpanFate;
pub use crate::records::limits::ResolvedLimits;
pub use crate::sampling::input::{SampledValue, SamplingAttributes, SamplingInput};
