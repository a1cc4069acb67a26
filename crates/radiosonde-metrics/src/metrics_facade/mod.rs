//! What the macros of the `metrics` crate record, in a registry of ours.

mod builder;
mod exposed;
mod handles;
mod names;
mod recorder;
mod store;

pub use builder::FacadeBuilder;
pub use recorder::FacadeRecorder;
