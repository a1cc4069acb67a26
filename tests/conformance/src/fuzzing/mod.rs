//! What must hold whatever the bytes: the bodies of the fuzz targets in `tests/fuzz`, which `tests/corpora.rs` gives the committed
//! inputs.

mod accept;
mod help;
mod labels;
mod names;
mod request;

pub use accept::accept;
pub use help::help;
pub use labels::labels;
pub use names::names;
pub use request::request;

use radiosonde_metrics::{Format, Registry};

use crate::{Exposition, Refusal, open_metrics, text};

/// Panics if what must hold does not.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 5] =
    [("accept", accept), ("help", help), ("labels", labels), ("names", names), ("request", request)];

/// The registry in every format with a strict parser, read back.
#[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
fn read(registry: &Registry) -> [Exposition; 2] {
    let read = |format, parse: fn(&str) -> Result<Exposition, Refusal>| {
        let exposed = registry.encode(format);
        parse(&exposed).unwrap_or_else(|refusal| panic!("{refusal}\n{exposed}"))
    };
    [read(Format::Text, text), read(Format::OpenMetrics, open_metrics)]
}
