//! The bodies of the fuzz targets in `tests/fuzz`, with the rules that hold for any input. `tests/corpora.rs` runs them on
//! the committed inputs.

mod accept;
mod fields;
mod help;
mod labels;
mod logging;
mod names;
mod promql;
mod propagation;
mod request;
mod schema;
mod spans;

pub use accept::accept;
pub use fields::fields;
pub use help::help;
pub use labels::labels;
pub use names::names;
pub use promql::promql;
pub use propagation::propagation;
pub use request::request;
pub use schema::schema;
pub use spans::spans;

use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;

use crate::{Exposition, Refusal, open_metrics, protobuf, text};

/// A target, which panics if a rule is violated.
pub type Target = fn(&[u8]);

/// Every target with its name.
pub const TARGETS: [(&str, Target); 10] = [
    ("accept", accept),
    ("fields", fields),
    ("help", help),
    ("labels", labels),
    ("names", names),
    ("promql", promql),
    ("propagation", propagation),
    ("request", request),
    ("schema", schema),
    ("spans", spans),
];

/// The registry in every format, read back.
#[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
fn read(registry: &Registry) -> [Exposition; 4] {
    Format::ALL.map(|format| {
        let exposed = registry.encode_bytes(format);
        let read = parse(format.content_type(), &exposed);
        read.unwrap_or_else(|refusal| panic!("{refusal}\n{}", String::from_utf8_lossy(&exposed)))
    })
}

/// Parses a body by its `Content-Type`.
#[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
fn parse(content_type: &str, exposed: &[u8]) -> Result<Exposition, Refusal> {
    let utf_8 = || str::from_utf8(exposed).unwrap_or_else(|error| panic!("{error}"));
    match content_type.split(';').next() {
        Some("text/plain") => text(utf_8()),
        Some("application/openmetrics-text") => open_metrics(utf_8()),
        Some("application/vnd.google.protobuf") => protobuf(exposed),
        other => panic!("{other:?} is no format"),
    }
}
