//! Random registries, with a record of what went in.

mod collector;
mod family;
mod instrument;
mod words;

pub use collector::{Misbehaving, WellBehaved, misbehaving, well_behaved};
pub use family::{FamilyPlan, RecordedFamily, families};
pub use instrument::{Observation, Recorded};
pub use words::text;
