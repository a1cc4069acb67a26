//! Fields of Prometheus' current model that the `prometheus` crate does not know.
//!
//! Its messages keep unknown fields, its registry moves messages unchanged, and its protobuf encoder writes such fields, so
//! they reach the other end. Its text encoder ignores them.
//!
//! Source: <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>

use protobuf::well_known_types::empty::Empty;
use protobuf::{Message as _, UnknownFields, UnknownValueRef};

pub(crate) const COUNTER_EXEMPLAR: u32 = 2;
pub(crate) const COUNTER_CREATED: u32 = 3;
pub(crate) const SUMMARY_CREATED: u32 = 4;

pub(crate) const BUCKET_COUNT: u32 = 1;
pub(crate) const BUCKET_BOUND: u32 = 2;
pub(crate) const BUCKET_EXEMPLAR: u32 = 3;

/// Known to them. The infinite bucket is written as unknown, because their text encoder spells its bound `inf`.
pub(crate) const HISTOGRAM_BUCKET: u32 = 3;
pub(crate) const HISTOGRAM_SCHEMA: u32 = 5;
pub(crate) const HISTOGRAM_ZERO_THRESHOLD: u32 = 6;
pub(crate) const HISTOGRAM_ZERO_COUNT: u32 = 7;
pub(crate) const HISTOGRAM_NEGATIVE: BucketFields = BucketFields { spans: 9, deltas: 10 };
pub(crate) const HISTOGRAM_POSITIVE: BucketFields = BucketFields { spans: 12, deltas: 13 };
pub(crate) const HISTOGRAM_CREATED: u32 = 15;
pub(crate) const HISTOGRAM_EXEMPLARS: u32 = 16;

pub(crate) const FAMILY_UNIT: u32 = 5;
/// Our own field: kinds that Prometheus treats as gauges. Other readers skip it.
pub(crate) const FAMILY_KIND: u32 = 29_281;

pub(crate) const SPAN_OFFSET: u32 = 1;
pub(crate) const SPAN_LENGTH: u32 = 2;

pub(crate) const EXEMPLAR_LABEL: u32 = 1;
pub(crate) const EXEMPLAR_VALUE: u32 = 2;
pub(crate) const EXEMPLAR_TIMESTAMP: u32 = 3;

pub(crate) const LABEL_NAME: u32 = 1;
pub(crate) const LABEL_VALUE: u32 = 2;

pub(crate) const TIMESTAMP_SECONDS: u32 = 1;
pub(crate) const TIMESTAMP_NANOS: u32 = 2;

/// The fields of the exponential buckets on one side of zero.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BucketFields {
    pub(crate) spans: u32,
    pub(crate) deltas: u32,
}

/// Encodes a message with these fields.
pub(crate) fn message(fill: impl FnOnce(&mut UnknownFields)) -> Vec<u8> {
    let mut message = Empty::new();
    fill(message.special_fields.mut_unknown_fields());
    // Writing to memory does not fail; a message without fields has no bytes.
    message.write_to_bytes().unwrap_or_default()
}

/// Decodes a message and reads it; `None` if the bytes are malformed.
pub(crate) fn open<T>(bytes: &[u8], read: impl FnOnce(&UnknownFields) -> Option<T>) -> Option<T> {
    let message = Empty::parse_from_bytes(bytes).ok()?;
    read(message.special_fields.unknown_fields())
}

pub(crate) fn varint(fields: &UnknownFields, number: u32) -> Option<u64> {
    match fields.get(number)? {
        UnknownValueRef::Varint(value) => Some(value),
        _ => None,
    }
}

pub(crate) fn double(fields: &UnknownFields, number: u32) -> Option<f64> {
    match fields.get(number)? {
        UnknownValueRef::Fixed64(bits) => Some(f64::from_bits(bits)),
        _ => None,
    }
}

pub(crate) fn text(fields: &UnknownFields, number: u32) -> Option<&str> {
    match fields.get(number)? {
        UnknownValueRef::LengthDelimited(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

pub(crate) fn varints(fields: &UnknownFields, number: u32) -> impl Iterator<Item = u64> {
    fields.iter().filter_map(move |(at, value)| match value {
        UnknownValueRef::Varint(value) if at == number => Some(value),
        _ => None,
    })
}

pub(crate) fn messages(fields: &UnknownFields, number: u32) -> impl Iterator<Item = &[u8]> {
    fields.iter().filter_map(move |(at, value)| match value {
        UnknownValueRef::LengthDelimited(bytes) if at == number => Some(bytes),
        _ => None,
    })
}

/// Maps signed to unsigned numbers, small to small, as protobuf's `sint64` does.
pub(crate) const fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

pub(crate) const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_come_back() {
        for (value, as_protobuf) in [(0, 0), (-1, 1), (1, 2), (i64::MAX, u64::MAX - 1), (i64::MIN, u64::MAX)]
        {
            assert_eq!(zigzag(value), as_protobuf);
            assert_eq!(unzigzag(as_protobuf), value);
        }
    }

    #[test]
    fn what_is_of_another_type_or_broken_is_not_there() {
        let bytes = message(|fields| {
            fields.add_varint(1, 7);
            fields.add_length_delimited(2, vec![0xff]);
        });
        open(&bytes, |fields| {
            assert_eq!((varint(fields, 1), varint(fields, 2), varint(fields, 3)), (Some(7), None, None));
            assert_eq!((double(fields, 1), text(fields, 1), text(fields, 2)), (None, None, None));
            assert_eq!(messages(fields, 2).count(), 1);
            Some(())
        })
        .unwrap();
        assert_eq!(open(&[0xff], |_| Some(())), None);
    }
}
