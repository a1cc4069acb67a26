//! Random registries, with a record of their contents.

mod collector;
mod family;
mod hostile;
mod instrument;
mod rich;
mod words;

pub use collector::{Misbehaving, WellBehaved, misbehaving, well_behaved};
pub use family::{FamilyPlan, RecordedFamily, families};
pub use hostile::{Hostile, HostileFamily, hostile};
pub use instrument::{Observation, Recorded};
pub use rich::{Rich, RichExemplar, RichFamily, rich};
pub use words::text;
