//! Runs the examples of the guide.
#![doc = include_str!("../../../docs/metrics.md")]
