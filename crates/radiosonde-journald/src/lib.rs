#![doc = include_str!("../README.md")]
#![cfg(target_os = "linux")]

mod entry;
mod journald;
mod socket;

pub use journald::{Journald, JournaldBuilder, JournaldError};
