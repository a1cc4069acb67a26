//! A reader of protobuf that shares nothing with the encoders but the specification.
#![allow(dead_code, reason = "each test binary uses its own part")]

/// A protobuf message, field by field as they come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message(pub(crate) Vec<(u64, Field)>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Message {
    pub(crate) fn read(mut bytes: &[u8]) -> Self {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let mut value = 0;
            for shift in (0..).step_by(7) {
                let (&byte, rest) = bytes.split_first().unwrap();
                *bytes = rest;
                value |= u64::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    return value;
                }
            }
            unreachable!()
        }
        fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
            let (head, rest) = bytes.split_at(length);
            *bytes = rest;
            head
        }
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Number(varint(&mut bytes)),
                1 => Field::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
                2 => {
                    let length = varint(&mut bytes) as usize;
                    Field::Bytes(take(&mut bytes, length).to_vec())
                }
                5 => Field::Number(u32::from_le_bytes(take(&mut bytes, 4).try_into().unwrap()).into()),
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        Self(fields)
    }

    pub(crate) fn all(&self, tag: u64) -> Vec<&Field> {
        self.0.iter().filter(|(known, _)| *known == tag).map(|(_, field)| field).collect()
    }

    pub(crate) fn bytes(&self, tag: u64) -> Vec<u8> {
        match self.all(tag)[..] {
            [] => Vec::new(),
            [Field::Bytes(bytes)] => bytes.clone(),
            ref other => panic!("field {tag} is {other:?}"),
        }
    }

    pub(crate) fn text(&self, tag: u64) -> String {
        String::from_utf8(self.bytes(tag)).unwrap()
    }

    pub(crate) fn number(&self, tag: u64) -> u64 {
        match self.all(tag)[..] {
            [] => 0,
            [Field::Number(number)] => *number,
            ref other => panic!("field {tag} is {other:?}"),
        }
    }

    pub(crate) fn messages(&self, tag: u64) -> Vec<Self> {
        let read = |field: &Field| match field {
            Field::Bytes(bytes) => Self::read(bytes),
            Field::Number(_) => panic!("field {tag} is a number"),
        };
        self.all(tag).into_iter().map(read).collect()
    }

    /// Attributes as `key=tag:value`, the tag being that of the value's type.
    pub(crate) fn attributes(&self, tag: u64) -> Vec<String> {
        let show = |(kind, field): &(u64, Field)| match (kind, field) {
            (1, Field::Bytes(text)) => format!("1:{}", String::from_utf8_lossy(text)),
            (4, Field::Number(bits)) => format!("4:{}", f64::from_bits(*bits)),
            (kind @ (5 | 6), Field::Bytes(values)) => format!("{kind}:{:?}", Self::read(values).0.len()),
            (kind, Field::Number(number)) => format!("{kind}:{}", *number as i64),
            other => panic!("{other:?} is no value"),
        };
        let pairs = self.messages(tag);
        pairs.iter().map(|pair| format!("{}={}", pair.text(1), show(&pair.messages(2)[0].0[0]))).collect()
    }
}
