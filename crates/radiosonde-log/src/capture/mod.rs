//! Captures the log lines of one test, apart from other tests (feature `testing`).
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
//! The first call installs one subscriber for the process, which enables every level of every target: tests do not wait for
//! each other or change each other's view, and no callsite is cached as disabled. Each capture gets what belongs to it:
//!
//! - events and spans of the thread that called [`capture_logs`], for as long as the [`CapturedLogs`] live;
//! - events within those spans and the spans below them, on any thread, such as a task spawned with `.instrument(span)`,
//!   with its own span or with [`CapturedLogs::span`];
//! - code run in a [`CaptureScope`], for threads that no span leads to;
//! - records of the `log` crate, like events.
//!
//! Everything else is dropped. A span belongs to the capture in which it was created. Its events belong to that capture, and
//! to the thread's capture only if the span has none.
//!
//! In a process with another global subscriber, captures cover only threads: the caller's, and those that use its subscriber
//! explicitly. While such a capture is alive, `tracing` drops what any thread emits within a `Debug`, a `Display` or the
//! destructor of a thread-local. Use [`capture_layer`] with a custom subscriber.

mod capture_layer;
mod captured_line;
mod captured_logs;
mod captured_value;
mod owner;

pub use capture_layer::CaptureLayer;
pub use captured_line::CapturedLine;
pub use captured_logs::{CaptureScope, CapturedLogs, capture_layer, capture_logs};
pub use captured_value::CapturedValue;
