//! Events of kinds that `tracing` does not have.

mod fatal;
