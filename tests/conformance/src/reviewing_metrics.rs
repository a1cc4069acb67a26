#![doc = include_str!("../../../docs/reviewing-metrics.md")]
