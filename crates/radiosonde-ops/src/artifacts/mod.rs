//! The files that are generated from a catalogue, and the test that they are up to date.

#[allow(clippy::module_inception, reason = "the file is named for its concept")]
mod artifacts;
mod assert_artifacts;
mod drift;
mod generator;

pub use artifacts::Artifacts;
#[doc(hidden)]
pub use assert_artifacts::{ToArtifacts, assert_up_to_date, global_artifacts};
pub use drift::{Difference, Drift, DriftKind};
pub use generator::Generator;
