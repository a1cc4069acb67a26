//! What a program declares, as plain data that a file can hold.

mod alert_entry;
#[allow(clippy::module_inception, reason = "the file is named for its concept")]
mod catalogue;
mod collected;
mod durations;
#[cfg(feature = "alerts")]
mod from_alert_rules;
mod from_exposition;
mod kinds;
mod metric_entry;
mod objective_entry;
mod rounded;
mod sample_line;
mod selector;
mod signals_entry;

pub use alert_entry::{AlertEntry, ConditionEntry, MergeEntry, ValueEntry};
pub use catalogue::{Catalogue, InvalidCatalogue};
pub use from_exposition::InvalidExposition;
pub use metric_entry::MetricEntry;
pub use objective_entry::{IndicatorEntry, ObjectiveEntry, WindowEntry};
pub(crate) use rounded::rounded;
pub use selector::{LabelMatch, Selector};
pub use signals_entry::{SaturationEntry, SignalsEntry};
