//! Protobuf encoding into an existing buffer, on the thread that logs.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>

/// Appends a varint.
fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A tag up to 15 fits into one byte with its wire type; all messages here have such tags.
fn push_key(out: &mut Vec<u8>, tag: u8, wire_type: u8) {
    debug_assert!(tag < 16);
    out.push(tag << 3 | wire_type);
}

pub(super) fn push_number(out: &mut Vec<u8>, tag: u8, value: u64) {
    push_key(out, tag, 0);
    push_varint(out, value);
}

pub(super) fn push_fixed64(out: &mut Vec<u8>, tag: u8, value: u64) {
    push_key(out, tag, 1);
    out.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn push_fixed32(out: &mut Vec<u8>, tag: u8, value: u32) {
    push_key(out, tag, 5);
    out.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn push_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    push_key(out, tag, 2);
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a nested message. Its length comes first but is known last: one byte is reserved, and the message moves if the length
/// needs more.
pub(super) fn push_message<T>(out: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    push_key(out, tag, 2);
    let start = out.len();
    out.push(0);
    let written = write(out);
    let length = out.len() - start - 1;
    if length < 0x80 {
        // The usual case: the reserved byte is sufficient.
        out[start] = length as u8;
    } else {
        let end = out.len();
        push_varint(out, length as u64);
        // Moves the length from the end to the reserved byte.
        let length_bytes = out.len() - end;
        out[start..].rotate_right(length_bytes);
        out.remove(start + length_bytes);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_any_length_have_their_length_in_front() {
        for length in [0, 1, 127, 128, 300, 16_383, 16_384, 3_000_000] {
            let mut out = b"before".to_vec();
            push_message(&mut out, 3, |out| out.extend(std::iter::repeat_n(7, length)));
            let mut expected = b"before".to_vec();
            push_bytes(&mut expected, 3, &vec![7; length]);
            assert!(out == expected, "{length}");
        }
    }

    #[test]
    fn fields_are_encoded_as_in_the_encoding_guide() {
        let mut out = Vec::new();
        push_number(&mut out, 1, 150);
        push_bytes(&mut out, 2, b"testing");
        push_fixed32(&mut out, 8, 1);
        push_fixed64(&mut out, 11, 2);
        let expected = b"\x08\x96\x01\x12\x07testing\x45\x01\0\0\0\x59\x02\0\0\0\0\0\0\0";
        assert_eq!(out, expected);
        out.clear();
        push_number(&mut out, 3, -7_i64 as u64);
        assert_eq!(out, b"\x18\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    }
}
