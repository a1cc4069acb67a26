#![doc = include_str!("../README.md")]

mod buckets;
mod build_info;
mod collector;
mod counter;
mod declare;
mod dense;
mod error;
mod exemplar;
mod family;
mod family_data;
mod format;
mod gather;
mod gathering;
mod gauge;
mod histogram;
mod instrument;
mod labels;
#[cfg(feature = "listener")]
mod listener;
#[cfg(all(test, loom))]
mod models;
mod name;
mod owned;
#[cfg_attr(not(target_os = "linux"), path = "process_unknown.rs")]
mod process;
#[cfg(feature = "prometheus")]
mod prometheus;
mod registry;
mod series;
#[cfg(feature = "http")]
mod service;
mod snapshot;
mod status_class;
mod stripe;
mod sync;
mod table;
mod text;
mod visitor;
#[cfg(feature = "listener")]
mod write_deadline;

#[cfg(feature = "prometheus")]
pub use self::prometheus::{Absorbed, Adapter};
pub use buckets::{Buckets, InvalidBuckets};
pub use collector::{CollectedFamily, Collection, Collector};
pub use counter::{Counter, FloatCounter};
pub use declare::Declare;
pub use error::{RegisterError, RegisterErrorKind};
pub use exemplar::Exemplar;
pub use family::{Family, OVERFLOW, Vector};
pub use format::Format;
pub use gauge::{Gauge, Held, IntGauge};
pub use histogram::Histogram;
pub use instrument::Instrument;
pub use labels::{LabelSet, LabelValue, Labels};
#[cfg(feature = "listener")]
pub use listener::{ListenError, Listener};
pub use name::{InvalidName, InvalidNameKind};
pub use owned::CollectorGuard;
/// Derives [`trait@LabelValue`] for an enum without fields.
pub use radiosonde_macros::LabelValue;
/// Derives [`trait@Labels`] for a struct with named fields.
pub use radiosonde_macros::Labels;
pub use registry::Registry;
pub use series::Lent;
#[cfg(feature = "http")]
pub use service::{MetricsBody, MetricsService};
pub use snapshot::{FamilySnapshot, SeriesSnapshot, Snapshot, SnapshotValue};
pub use status_class::StatusClass;
pub use visitor::{FamilyInfo, HistogramSample, Kind, Number, SummarySample, Visitor};

/// The traits without the derives of the same names, for the facade, which has derives of its own beside them.
#[doc(hidden)]
pub mod __traits {
    pub use crate::labels::{LabelValue, Labels};
}
