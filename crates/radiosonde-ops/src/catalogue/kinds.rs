//! Kinds of metrics by their names in OpenMetrics.

use radiosonde_metrics::model::Kind;
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

const KINDS: [Kind; 7] =
    [Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Summary, Kind::Info, Kind::StateSet, Kind::Unknown];

pub(crate) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    let name = String::deserialize(deserializer)?;
    kind_of(&name).ok_or_else(|| {
        let names = KINDS.map(Kind::as_str).join(", ");
        D::Error::custom(format_args!("invalid kind {name:?}: expected one of {names}"))
    })
}

/// The kind with this name.
pub(crate) fn kind_of(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|kind| kind.as_str() == name)
}
