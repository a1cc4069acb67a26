use crate::model::samples::normal_nan;

/// Writes protocol buffers: fields in the order in which they are called, and nested messages in place.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>
#[derive(Debug, Default)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// Appends to `bytes`.
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// `uint32`, `uint64`, an enumeration, or an `int64` that is not negative.
    pub(crate) fn unsigned(&mut self, field: u32, value: u64) {
        self.key(field, 0);
        self.varint(value);
    }

    /// `sint32` or `sint64`: small numbers are short, whatever their sign.
    pub(crate) fn signed(&mut self, field: u32, value: i64) {
        self.key(field, 0);
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// A NaN is the [normal](normal_nan) one.
    #[inline]
    pub(crate) fn double(&mut self, field: u32, value: f64) {
        self.key(field, 1);
        self.bytes.extend_from_slice(&normal_nan(value).to_le_bytes());
    }

    #[inline]
    pub(crate) fn text(&mut self, field: u32, text: &str) {
        self.key(field, 2);
        self.varint(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A message inside this one.
    #[inline]
    pub(crate) fn nested(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.key(field, 2);
        let start = self.open();
        write(self);
        self.close(start);
    }

    /// Begins something that is preceded by its length, which is not known yet. Returns where it begins.
    pub(crate) fn open(&mut self) -> usize {
        // Room for the length of what is short, which most of it is.
        self.bytes.push(0);
        self.bytes.len()
    }

    /// Writes the length of what began at `start`, and moves it on if the length is longer than was thought.
    pub(crate) fn close(&mut self, start: usize) {
        let mut length = self.bytes.len() - start;
        let mut last = start - 1;
        while length >= 0x80 {
            self.bytes[last] = low_bits(length) | 0x80;
            length >>= 7;
            last += 1;
            // One byte of room at a time: at most twice for anything but a family as a whole.
            self.bytes.insert(last, 0);
        }
        self.bytes[last] = low_bits(length);
    }

    /// Takes back what was begun at `start`.
    pub(crate) fn undo(&mut self, start: usize) {
        self.bytes.truncate(start - 1);
    }

    #[inline]
    fn key(&mut self, field: u32, wire_type: u32) {
        self.varint(u64::from(field << 3 | wire_type));
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }
}

const fn low_bits(length: usize) -> u8 {
    length.to_le_bytes()[0] & 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        let mut message = Message::default();
        message.unsigned(1, 150);
        message.signed(2, -2);
        message.signed(16, i64::MIN);
        message.double(3, 1.0);
        message.text(2, "testing");
        let mut expected = vec![0x08, 0x96, 0x01, 0x10, 0x03, 0x80, 0x01];
        expected.extend([0xff; 9]);
        expected.extend([0x01, 0x19, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x12, 0x07]);
        expected.extend(b"testing");
        assert_eq!(message.finish(), expected);
    }

    #[test]
    fn every_nan_is_the_ordinary_one() {
        for bits in [0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0000, u64::MAX] {
            let mut message = Message::default();
            message.double(1, f64::from_bits(bits));
            assert_eq!(message.finish(), [0x09, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f], "{bits:x}");
        }
    }

    #[test]
    fn a_length_is_as_long_as_it_has_to_be() {
        for (length, prefix) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
        ] {
            let mut message = Message::default();
            message.unsigned(1, 1);
            let content: Vec<u8> = (0..length).map(|at: u32| at.to_le_bytes()[0]).collect();
            message.nested(2, |message| message.bytes.extend_from_slice(&content));
            let bytes = message.finish();
            let rest = bytes.strip_prefix(&[0x08, 0x01, 0x12]).and_then(|rest| rest.strip_prefix(prefix));
            assert_eq!(rest, Some(&*content), "{length}");
        }
    }
}
