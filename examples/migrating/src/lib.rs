#![doc = include_str!("../README.md")]

mod guide;
mod photo;
mod serve;

pub use photo::{Photo, day};
pub use serve::serve;
