use std::cell::Cell;
use std::time::SystemTime;

use bytes::Bytes;
use radiosonde_core::{Level, SpanContext};
use radiosonde_log::Line;

use crate::push::proto::{self, Pair, Timestamp};

/// A longer value is only in the line: Loki limits the structured metadata of an entry.
const MAX_METADATA_BYTES: usize = 1024;

/// The size of an entry without its texts, in memory and encoded.
const OVERHEAD: usize = size_of::<Entry>() + 64;

/// A queued line.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) level: Level,
    /// Nanoseconds since 1970, by the clock.
    nanos: i64,
    /// The distinct time within the stream. Stored, so that a batch which is split and encoded again has the same times.
    assigned: Cell<Option<i64>>,
    line: Bytes,
    context: Option<SpanContext>,
    correlation_id: Option<Box<str>>,
    request_id: Option<Box<str>>,
    user_id: Option<Box<str>>,
}

impl Entry {
    pub(crate) fn new(line: &Line<'_>) -> Self {
        Self {
            level: line.level(),
            nanos: nanos_since_1970(line.timestamp()),
            assigned: Cell::new(None),
            line: Bytes::copy_from_slice(line.json().as_bytes()),
            context: line.context(),
            correlation_id: kept(line.correlation_id()),
            request_id: kept(line.request_id()),
            user_id: kept(line.user_id()),
        }
    }

    /// Its approximate size in memory and in an uncompressed request.
    pub(crate) fn size(&self) -> usize {
        let ids = [&self.correlation_id, &self.request_id, &self.user_id];
        let texts: usize = ids.into_iter().flatten().map(|id| id.len() + 24).sum();
        let context = if self.context.is_some() { 80 } else { 0 };
        OVERHEAD + self.line.len() + texts + context
    }

    /// Its distinct time within the stream, whose last time is `last`.
    pub(crate) fn time(&self, last: &mut Option<i64>) -> i64 {
        if let Some(known) = self.assigned.get() {
            return known;
        }
        let time = after(*last, self.nanos);
        *last = Some(time);
        self.assigned.set(Some(time));
        time
    }

    /// With its ids and the shared pairs as structured metadata, or without any if `shared` is `None`.
    pub(crate) fn to_proto(&self, time: i64, shared: Option<&[Pair]>) -> proto::Entry {
        let structured_metadata = shared.map_or_else(Vec::new, |shared| self.metadata(shared));
        proto::Entry { timestamp: timestamp(time), line: self.line.clone(), structured_metadata }
    }

    fn metadata(&self, shared: &[Pair]) -> Vec<Pair> {
        let mut metadata = Vec::new();
        let mut add = |name: &'static str, value: Bytes| {
            metadata.push(Pair { name: Bytes::from_static(name.as_bytes()), value });
        };
        if let Some(context) = self.context {
            add("trace_id", Bytes::copy_from_slice(&context.trace_id().to_hex()));
            add("span_id", Bytes::copy_from_slice(&context.span_id().to_hex()));
        }
        let ids = [
            ("correlation_id", &self.correlation_id),
            ("request_id", &self.request_id),
            ("user_id", &self.user_id),
        ];
        for (name, id) in ids {
            if let Some(id) = id {
                add(name, Bytes::copy_from_slice(id.as_bytes()));
            }
        }
        metadata.extend_from_slice(shared);
        metadata
    }
}

/// How far the clock may step back before a stream follows it. Smaller differences come from lines that were queued out of
/// order.
const STEP_BACK_NANOS: i64 = 10_000_000_000;

/// A time later than `previous`, if necessary by a nanosecond: Loki deduplicates entries of a stream with equal time and line,
/// but two equal lines are two events.
///
/// If the clock was set back by more than ten seconds, the new time is kept. Otherwise all lines would carry the old time
/// until the clock has caught up.
const fn after(previous: Option<i64>, nanos: i64) -> i64 {
    match previous {
        Some(previous) if nanos <= previous && previous.saturating_sub(nanos) <= STEP_BACK_NANOS => {
            previous.saturating_add(1)
        }
        _ => nanos,
    }
}

/// The id, unless it is empty or too long for the structured metadata.
pub(crate) fn kept(id: Option<&str>) -> Option<Box<str>> {
    id.filter(|id| !id.is_empty() && id.len() <= MAX_METADATA_BYTES).map(Box::from)
}

fn nanos_since_1970(at: SystemTime) -> i64 {
    let nanos = match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()),
        Err(before) => i64::try_from(before.duration().as_nanos()).map(|nanos| -nanos),
    };
    // Nanoseconds after the year 2262 exceed 64 bits; no log store accepts such times.
    nanos.unwrap_or(i64::MAX)
}

const fn timestamp(nanos: i64) -> Timestamp {
    const SECOND: i64 = 1_000_000_000;
    // The remainder of a division by 10^9 fits.
    Timestamp { seconds: nanos.div_euclid(SECOND), nanos: nanos.rem_euclid(SECOND) as i32 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_increase_strictly_and_follow_a_clock_that_is_set_back() {
        assert_eq!(after(None, 5), 5);
        assert_eq!(after(Some(5), 6), 6);
        assert_eq!(after(Some(5), 5), 6);
        assert_eq!(after(Some(5), 1), 6);
        assert_eq!(after(Some(STEP_BACK_NANOS + 5), 5), STEP_BACK_NANOS + 6);
        assert_eq!(after(Some(STEP_BACK_NANOS + 6), 5), 5);
    }

    #[test]
    fn an_entry_keeps_the_time_it_was_given() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_007);
        let entry = Entry::new(&Line::new("{}", at, Level::Info));
        let mut last = Some(1_600_000_000);
        assert_eq!(entry.time(&mut last), 1_600_000_001);
        assert_eq!(last, Some(1_600_000_001));
        last = Some(1_700_000_000);
        assert_eq!(entry.time(&mut last), 1_600_000_001);
        assert_eq!(last, Some(1_700_000_000));
    }

    #[test]
    fn times_before_1970_and_far_ahead_are_well_formed() {
        assert_eq!(timestamp(-1), Timestamp { seconds: -1, nanos: 999_999_999 });
        assert_eq!(nanos_since_1970(SystemTime::UNIX_EPOCH - Duration::from_nanos(7)), -7);
        assert_eq!(nanos_since_1970(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)), i64::MAX);
    }

    #[test]
    fn empty_and_huge_ids_are_omitted() {
        let long = "u".repeat(1025);
        let line =
            Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info).with_user_id(&long).with_request_id("");
        assert_eq!(Entry::new(&line).to_proto(0, Some(&[])).structured_metadata, []);
    }
}
