//! The four golden signals, by name.

mod golden_signals;
mod series;

pub use golden_signals::{GoldenSignals, Limit, Saturation};
pub use series::{Match, Series};
