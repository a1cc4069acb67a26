#![doc = include_str!("../README.md")]

mod guide;
mod import;

pub use import::{InvalidOrder, Order, import};
