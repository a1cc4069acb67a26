#![doc = include_str!("../README.md")]

mod builder;
mod exposed;
mod handles;
mod names;
mod recorder;
mod store;

pub use builder::FacadeRecorderBuilder;
pub use recorder::FacadeRecorder;
