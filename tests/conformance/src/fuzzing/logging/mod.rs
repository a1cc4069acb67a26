//! Lines of JSON from any bytes, written by a layer and read back.

mod callsite;
mod input;
mod sample;
mod scene;
mod stage;

pub(super) use input::Input;
pub(super) use scene::Scene;
