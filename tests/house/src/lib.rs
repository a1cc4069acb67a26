#![doc = include_str!("../README.md")]
#![allow(clippy::expect_used, clippy::panic, reason = "support of tests, which fail by panicking")]

mod arrows;
mod crate_root;
mod documents;
mod exceptions;
mod features;
mod file_names;
mod file_sizes;
mod finding;
mod kernels;
mod machine_paths;
mod manifests;
mod modules;
mod orderings;
mod rooms;
mod rules;
mod source;
mod surface;
mod wording;
mod workspace;

pub use arrows::{Arrow, ArrowKind, refusal};
pub use exceptions::{Exception, Verdict, judge};
pub use finding::Finding;
pub use rules::Rule;
pub use workspace::{Package, Workspace};
