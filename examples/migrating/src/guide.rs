#![doc = include_str!("../../../docs/migrating-from-prometheus.md")]
