//! How healthy the components of a process are, as states and scores.

pub(crate) mod component;
pub(crate) mod component_state;
mod results;
pub(crate) mod system;
