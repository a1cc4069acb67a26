//! Runs the examples of the guides.
#![doc = include_str!("../../../docs/golden-signals.md")]
#![doc = include_str!("../../../docs/health.md")]
#![doc = include_str!("../../../docs/http.md")]
#![doc = include_str!("../../../docs/http-clients.md")]
#![doc = include_str!("../../../docs/layers.md")]
#![doc = include_str!("../../../docs/logs.md")]
#![doc = include_str!("../../../docs/metrics.md")]
#![doc = include_str!("../../../docs/traces.md")]
