#![doc = include_str!("../README.md")]

#[cfg(feature = "compat")]
pub mod compat;
#[cfg(feature = "interop")]
mod interop;

#[cfg(feature = "interop")]
pub use interop::absorb::{Absorbed, absorb};
#[cfg(feature = "interop")]
pub use interop::adapter::{Adapter, appear_in};
