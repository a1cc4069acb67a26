//! The layer of tracing-opentelemetry, and the mirror that keeps our current context in step with it.

mod attribute_values;
pub(crate) mod bridged;
mod control;
mod ender;
mod entered;
pub(crate) mod mirror;
