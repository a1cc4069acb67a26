//! What the lock-free parts are made of: the real thing, or loom's, which tries every order in which threads may see each other's writes.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p radiosonde-metrics --lib --release models`

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub(crate) use std::thread::yield_now;

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(loom)]
pub(crate) use loom::thread::yield_now;

/// How many slots a table begins with. In a model two, so that it grows soon.
pub(crate) const FIRST_SLOTS: usize = if cfg!(loom) { 2 } else { 16 };
