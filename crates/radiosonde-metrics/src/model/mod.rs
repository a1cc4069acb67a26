//! The data model of the exposition formats: what collectors give, visitors are shown, and snapshots hold.

pub(crate) mod exemplar;
pub(crate) mod kind;
pub(crate) mod label_set;
pub(crate) mod label_value_limit;
pub(crate) mod name;
pub(crate) mod sample_names;
pub(crate) mod samples;
pub(crate) mod visitor;

pub use exemplar::{Exemplar, InvalidExemplar};
pub use kind::Kind;
pub use label_set::LabelSet;
pub use label_value_limit::{MAX_VALUE_BYTES, OVERFLOW};
pub use name::{InvalidName, InvalidNameKind, MAX_NAME_BYTES, check_label_name, check_metric_name};
pub use samples::{HistogramSample, NativeSample, Number, NumberSample, SummarySample, normal_nan};
pub use visitor::{FamilyInfo, Visitor};
