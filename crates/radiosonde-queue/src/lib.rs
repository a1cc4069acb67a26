#![doc = include_str!("../README.md")]

mod admission;
mod load;
mod overflow;
mod overflow_policy;
mod rank;
mod refusal;
mod wait;

pub use admission::{Admission, Decision};
pub use load::Load;
pub use overflow::{InvalidOverflow, Overflow};
pub use overflow_policy::OverflowPolicy;
pub use rank::Rank;
pub use refusal::Refusal;
pub use wait::{Guarded, wait_for_room};
