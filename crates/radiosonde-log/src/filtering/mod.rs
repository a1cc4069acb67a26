//! Decides which events become lines.

pub(crate) mod audit;
pub(crate) mod directive;
pub(crate) mod filter;
pub(crate) mod filter_metrics;
pub(crate) mod level_override;
pub(crate) mod level_reload;
pub(crate) mod levels;
pub(crate) mod reload_filter;
pub(crate) mod reload_state;
mod whole;
