#![doc = include_str!("../README.md")]

#[cfg(feature = "deadpool")]
pub mod deadpool;
#[cfg(feature = "moka")]
pub mod moka;
#[cfg(feature = "sqlx")]
pub mod sqlx;
