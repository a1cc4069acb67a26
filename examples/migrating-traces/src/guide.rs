#![doc = include_str!("../../../docs/migrating-from-tracing-opentelemetry.md")]
