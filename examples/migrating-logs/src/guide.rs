#![doc = include_str!("../../../docs/migrating-from-tracing-subscriber.md")]
