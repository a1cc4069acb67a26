//! Operations on a span made by `tracing` that its macros do not offer.
//!
//! Each does nothing without a layer that makes spans, so libraries may always call them.

pub(crate) mod annotating;
pub(crate) mod child_of;
pub(crate) mod doors;
pub(crate) mod set_parent_error;
pub(crate) mod span_attributes;
pub(crate) mod span_control;
