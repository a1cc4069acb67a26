//! The parts of protobuf's wire format that spans need: <https://protobuf.dev/programming-guides/encoding/>.

/// A field with this number, as a varint.
pub(crate) const fn varint_tag(field: u8) -> u8 {
    field << 3
}

/// A field with this number, as eight bytes.
pub(crate) const fn fixed64_tag(field: u8) -> u8 {
    (field << 3) | 1
}

/// A field with this number, as a length and bytes.
pub(crate) const fn bytes_tag(field: u8) -> u8 {
    (field << 3) | 2
}

/// The length of a number as a varint.
#[inline]
pub(crate) const fn varint_len(number: u64) -> usize {
    // Seven bits a byte; `| 1` so that zero takes one.
    (70 - (number | 1).leading_zeros() as usize) / 7
}

/// The length of a field of `len` bytes with a tag of one byte.
#[inline]
pub(crate) const fn bytes_field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

#[inline]
pub(crate) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends the tag and length of a field of `len` bytes, which the caller appends.
#[inline]
pub(crate) fn put_length(out: &mut Vec<u8>, field: u8, len: usize) {
    out.push(bytes_tag(field));
    put_varint(out, len as u64);
}

#[inline]
pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    put_length(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

#[inline]
pub(crate) fn put_fixed64(out: &mut Vec<u8>, field: u8, number: u64) {
    out.push(fixed64_tag(field));
    out.extend_from_slice(&number.to_le_bytes());
}

/// A number that is omitted if it is zero, the default.
#[inline]
pub(crate) fn put_count(out: &mut Vec<u8>, field: u8, count: u32) {
    if count > 0 {
        out.push(varint_tag(field));
        put_varint(out, count.into());
    }
}

/// A field as it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// Reads the fields of a message; ends at the first malformed one.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*chunk)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.chunk()?)),
            2 => Field::Bytes(self.bytes()?),
            5 => Field::Fixed32(u32::from_le_bytes(self.chunk()?)),
            _ => return None,
        };
        Some((tag >> 3, field))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_written_and_as_long_as_said(number: u64, bits in 0..64_u32) {
            let number = number >> bits;
            let mut out = vec![varint_tag(3)];
            put_varint(&mut out, number);
            prop_assert_eq!(out.len(), 1 + varint_len(number));
            let read = Fields::new(&out).next();
            prop_assert!(matches!(read, Some((3, Field::Varint(read))) if read == number), "{read:?}");
        }

        #[test]
        fn arbitrary_bytes_end_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Fields::new(&bytes).count() <= bytes.len());
        }
    }
}
