//! What a test logs, and no other test (feature `testing`).
//!
//! ```
//! use radiosonde_core::Level;
//! use radiosonde_log::capture::capture_logs;
//!
//! let logs = capture_logs();
//! tracing::warn!(sku = "b-2", left = 3, "almost sold out");
//!
//! logs.assert_contains(Level::Warn, "sold out");
//! let line = &logs.lines()[0];
//! assert_eq!((line.field("sku"), line.field("left")), (Some(&"b-2".into()), Some(&3.into())));
//! ```
//!
//! The first call installs one subscriber for the process, which takes every level of every target: no test waits for another,
//! none changes what another sees, and no callsite remembers that it was off. Each capture gets what belongs to it:
//!
//! - events and spans of the thread that called [`capture_logs`], for as long as the [`CapturedLogs`] live;
//! - events within those spans and the spans below them, on whatever thread: a task that is spawned with
//!   `.instrument(span)` is one, with a span of its own or with [`CapturedLogs::span`];
//! - what runs in a [`CaptureScope`], for threads that no span leads to;
//! - records of the `log` crate like events.
//!
//! What belongs to no capture is dropped. A span belongs to the capture in which it was made, and its events to it first, and
//! to the thread's only without one.
//!
//! In a process that has another subscriber for all of it, captures are scoped by thread only: that of the caller, and what is
//! told to use its subscriber. While one is there, `tracing` drops what any thread emits within a `Debug`, a `Display` or the
//! destructor of a thread-local. [`capture_layer`] is for a subscriber of one's own.

mod capture_layer;
mod captured_line;
mod captured_logs;
mod captured_value;
mod owner;

pub use capture_layer::CaptureLayer;
pub use captured_line::CapturedLine;
pub use captured_logs::{CaptureScope, CapturedLogs, capture_layer, capture_logs};
pub use captured_value::CapturedValue;
