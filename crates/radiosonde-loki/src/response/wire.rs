//! Loki's answers as they are sent: <https://grafana.com/docs/loki/latest/reference/loki-http-api/>.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{self, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::response::labels::Labels;
use crate::response::log_entry::LogEntry;
use crate::response::sample::{Point, Sample, Series};

/// The envelope of every response. Loki omits `data` if it is empty.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: Option<T>,
    #[serde(default)]
    pub(super) warnings: Option<Vec<Box<str>>>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Data {
    Streams(Option<Vec<Stream>>),
    Matrix(Option<Vec<Matrix>>),
    Vector(Option<Vec<Vector>>),
    Scalar((IgnoredAny, Value)),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stream {
    stream: Labels,
    values: Vec<Entry>,
}

impl Stream {
    pub(crate) fn into_entries(self) -> impl Iterator<Item = LogEntry> {
        let labels = self.stream;
        self.values.into_iter().map(move |Entry { nanos: Nanos(unix_nanos), line, annotations }| LogEntry {
            unix_nanos,
            line,
            labels: labels.clone(),
            structured_metadata: annotations.structured_metadata,
            parsed: annotations.parsed,
        })
    }
}

/// `["<nanoseconds>", "<line>", {…}]`; before version 3, Loki omits the third element.
#[derive(Debug)]
struct Entry {
    nanos: Nanos,
    line: Box<str>,
    annotations: Annotations,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Annotations {
    structured_metadata: Labels,
    parsed: Labels,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;

        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time, a line and its annotations")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Entry, A::Error> {
                let nanos = parts.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let line = parts.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
                let annotations = parts.next_element()?.unwrap_or_default();
                while parts.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entry { nanos, line, annotations })
            }
        }

        deserializer.deserialize_seq(EntryVisitor)
    }
}

/// Nanoseconds since 1970, sent as text because a JSON number would lose precision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nanos(pub(crate) i64);

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<str>::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| de::Error::custom(format_args!("{text:?} is not a number of nanoseconds")))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Matrix {
    metric: Labels,
    values: Vec<(Seconds, Value)>,
}

impl Matrix {
    pub(super) fn into_series(self) -> Series {
        let points = self.values.into_iter().map(point).collect();
        Series { labels: self.metric, points }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Vector {
    metric: Labels,
    value: (Seconds, Value),
}

impl Vector {
    pub(super) fn into_sample(self) -> Sample {
        Sample { labels: self.metric, point: point(self.value) }
    }
}

const fn point((Seconds(at), Value(value)): (Seconds, Value)) -> Point {
    Point { at, value }
}

/// Seconds since 1970, to the millisecond.
#[derive(Debug, Clone, Copy)]
struct Seconds(SystemTime);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        // Loki sends whole milliseconds, which a double of seconds holds only approximately.
        let millis = (seconds * 1000.0).round();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
        let since = (0.0..9.0e15).contains(&millis).then(|| Duration::from_millis(millis as u64));
        let at = since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        at.map(Self).ok_or_else(|| de::Error::custom(format_args!("{seconds} is not a time")))
    }
}

/// A number in Prometheus' format: a text, so that it may be `NaN` or `+Inf`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value(pub(super) f64);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom(format_args!("{text:?} is not a number")))
    }
}
