use std::io::Read as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use radiosonde_delivery::EncodeError;

use crate::export::compression::{Compression, gzip};

/// The bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The most read of a compressed response, which holds a few counts and a text.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// A buffer with the prefix, and room for a message of this length after it.
pub(super) fn buffer(len: usize) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(PREFIX + len);
    buffer.resize(PREFIX, 0);
    buffer
}

/// Fills in the prefix of a buffer that holds a message.
pub(super) fn complete(buffer: Vec<u8>, compression: Compression) -> Result<Vec<u8>, EncodeError> {
    let mut frame = match compression {
        Compression::None => buffer,
        Compression::Gzip => {
            let message = buffer.get(PREFIX..).unwrap_or_default();
            gzip(message, self::buffer(message.len() / 4))?
        }
    };
    let len = u32::try_from(frame.len().saturating_sub(PREFIX))
        .map_err(|error| EncodeError::because("frame a message of more than 4 GiB", error))?;
    if let Some((prefix, _)) = frame.split_first_chunk_mut::<PREFIX>() {
        prefix[0] = u8::from(compression == Compression::Gzip);
        prefix[1..].copy_from_slice(&len.to_be_bytes());
    }
    Ok(frame)
}

/// The first message of a response; empty without one, or without one that can be read.
pub(super) fn message(body: &Bytes) -> Bytes {
    let Some((prefix, rest)) = body.split_first_chunk::<PREFIX>() else { return Bytes::new() };
    let [is_compressed, len @ ..] = *prefix;
    let Ok(len) = usize::try_from(u32::from_be_bytes(len)) else { return Bytes::new() };
    let Some(message) = rest.get(..len) else { return Bytes::new() };
    if is_compressed == 0 {
        return body.slice_ref(message);
    }
    // A server may respond in the encoding of the request.
    let mut plain = Vec::new();
    match GzDecoder::new(message).take(MAX_RESPONSE_BYTES).read_to_end(&mut plain) {
        Ok(_) => plain.into(),
        Err(_) => Bytes::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(body: Vec<u8>, message: Vec<u8>) {
            super::message(&body.into());
            let mut framed = buffer(message.len());
            framed.extend_from_slice(&message);
            for compression in [Compression::None, Compression::Gzip] {
                let frame = complete(framed.clone(), compression).unwrap();
                prop_assert_eq!(super::message(&frame.into()), &message);
            }
        }

        #[test]
        fn a_damaged_frame_is_read_without_a_panic(at in 0..30_usize, byte in any::<u8>()) {
            let mut frame = framed(Compression::Gzip).to_vec();
            if let Some(damaged) = frame.get_mut(at) {
                *damaged = byte;
            }
            super::message(&frame.into());
        }
    }

    fn framed(compression: Compression) -> Bytes {
        let mut buffer = buffer(3);
        buffer.extend_from_slice(b"abc");
        complete(buffer, compression).unwrap().into()
    }

    #[test]
    fn a_message_has_its_length_in_front_and_is_read_back() {
        assert_eq!(framed(Compression::None), &b"\0\0\0\0\x03abc"[..]);
        let compressed = framed(Compression::Gzip);
        assert_eq!((compressed[0], compressed[4] as usize), (1, compressed.len() - PREFIX));
        for frame in [framed(Compression::None), compressed] {
            assert_eq!(message(&frame), "abc");
        }
    }

    #[test]
    fn a_malformed_response_has_no_message() {
        for body in [&b""[..], b"\0\0", b"\0\0\0\0\x04abc", b"\x01\0\0\0\x03abc", b"\0\xff\xff\xff\xff"] {
            assert_eq!(message(&Bytes::from_static(body)), "", "{body:?}");
        }
    }
}
