use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use radiosonde_core::{Level, LevelNames};
use radiosonde_log::Line;

use crate::logs::attribute_value::push_any_value;
use crate::logs::distinct_times::DistinctTimes;
use crate::logs::protobuf::{push_bytes, push_fixed32, push_fixed64, push_message, push_number};

/// The most memory kept for the next line.
const KEPT_BYTES: usize = 64 * 1024;

/// The size of a record without its bytes, in memory and encoded.
const OVERHEAD: usize = size_of::<Record>() + 32;

/// A line as an encoded `LogRecord`, followed by the name of its scope in the same allocation.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    bytes: Bytes,
    record_bytes: usize,
    /// The distinct time assigned to it. Stored, so that a batch which is split and encoded again has the same times.
    given: Cell<Option<u64>>,
}

/// The bytes of the time in an encoded record: after the tag of the first field.
const TIME: Range<usize> = 1..9;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Record {
    /// Encodes a line into this thread's buffer and copies the result.
    pub(super) fn new(line: &Line<'_>, names: LevelNames) -> Self {
        let encode = |buffer: &mut Vec<u8>| {
            buffer.clear();
            push_record(buffer, line, names);
            let record_bytes = buffer.len();
            buffer.extend_from_slice(line.target().as_bytes());
            let bytes = Bytes::copy_from_slice(buffer);
            buffer.shrink_to(KEPT_BYTES);
            Self { bytes, record_bytes, given: Cell::new(None) }
        };
        // While a thread exits, its buffer may be destroyed.
        let kept =
            SCRATCH.try_with(|scratch| scratch.try_borrow_mut().ok().map(|mut buffer| encode(&mut buffer)));
        kept.ok().flatten().unwrap_or_else(|| encode(&mut Vec::new()))
    }

    /// The encoded message with a distinct time; `observed_time_unix_nano` stays the clock's.
    pub(super) fn message(&self, times: &mut DistinctTimes) -> Bytes {
        let message = self.bytes.slice(..self.record_bytes);
        let Some(own) = message.get(TIME).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
        else {
            return message;
        };
        let given = self.given.get().unwrap_or_else(|| times.give(own));
        self.given.set(Some(given));
        if given == own {
            return message;
        }
        let mut moved = message.to_vec();
        moved.splice(TIME, given.to_le_bytes());
        moved.into()
    }

    /// The name of the scope: the line's target.
    pub(super) fn scope(&self) -> Bytes {
        self.bytes.slice(self.record_bytes..)
    }

    /// Its approximate memory, which is more than its encoded size.
    pub(super) fn size(&self) -> usize {
        OVERHEAD + self.bytes.len()
    }
}

/// Appends the fields of `LogRecord` in the order of their tags: the time comes first, see [`TIME`].
fn push_record(out: &mut Vec<u8>, line: &Line<'_>, names: LevelNames) {
    let nanos = unix_nanos(line.timestamp());
    push_fixed64(out, 1, nanos);
    push_number(out, 2, severity(line.level()));
    push_bytes(out, 3, line.level().name(names).as_bytes());
    let attributes = line.attributes();
    let is_bare = line.message().is_empty() && attributes.clone().next().is_none();
    // A line created without fields has only its text.
    let body = if is_bare { line.json() } else { line.message() };
    push_message(out, 5, |out| push_bytes(out, 1, body.as_bytes()));
    let mut count = 0;
    for (name, value) in attributes {
        count += 1;
        push_message(out, 6, |out| {
            push_bytes(out, 1, name.as_bytes());
            push_message(out, 2, |out| push_any_value(out, value));
        });
    }
    if count == 0 {
        push_ids(out, line);
    }
    if let Some(context) = line.context() {
        push_fixed32(out, 8, u32::from(context.flags().to_byte()));
        push_bytes(out, 9, &context.trace_id().to_bytes());
        push_bytes(out, 10, &context.span_id().to_bytes());
    }
    // It is observed when it is created.
    push_fixed64(out, 11, nanos);
}

/// Appends the ids of a line without fields; otherwise they are among the fields.
fn push_ids(out: &mut Vec<u8>, line: &Line<'_>) {
    let ids = [
        ("correlation_id", line.correlation_id()),
        ("request_id", line.request_id()),
        ("user_id", line.user_id()),
    ];
    for (name, id) in ids {
        let Some(id) = id else { continue };
        push_message(out, 6, |out| {
            push_bytes(out, 1, name.as_bytes());
            push_message(out, 2, |out| push_bytes(out, 1, id.as_bytes()));
        });
    }
}

/// The first number of each range: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>.
const fn severity(level: Level) -> u64 {
    level as u64 * 4 + 1
}

/// Nanoseconds since 1970; 0 for an earlier time, which the specification defines as unknown.
fn unix_nanos(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
