use std::io::IoSlice;

use bytes::Buf;

/// Counts the messages of a body, each of which has a header of five bytes: a flag and the length.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Length-Prefixed-Message"
#[derive(Debug, Clone, Default)]
pub(crate) struct Messages {
    complete: u64,
    /// Bytes of the next header that are read; the flag is the first.
    header: u8,
    /// The length in the header, then the bytes of the message that are left.
    left: u32,
}

const HEADER: u8 = 5;

/// A body in more pieces than this is not counted to its end: its type cannot be read without being consumed.
const PIECES: usize = 16;

impl Messages {
    pub(crate) const fn complete(&self) -> u64 {
        self.complete
    }

    /// Reads what a frame of the body holds.
    pub(crate) fn read(&mut self, data: &impl Buf) {
        let first = data.chunk();
        if first.len() == data.remaining() {
            return self.read_piece(first);
        }
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = data.chunks_vectored(&mut pieces);
        pieces.iter().take(count).for_each(|piece| self.read_piece(piece));
    }

    fn read_piece(&mut self, mut bytes: &[u8]) {
        loop {
            while self.header < HEADER {
                let Some((byte, rest)) = bytes.split_first() else { return };
                if self.header > 0 {
                    self.left = self.left << 8 | u32::from(*byte);
                }
                self.header += 1;
                bytes = rest;
            }
            let here = bytes.len().min(self.left as usize);
            // The minimum fits.
            self.left -= here as u32;
            bytes = &bytes[here..];
            if self.left > 0 {
                return;
            }
            self.complete += 1;
            self.header = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let mut message = vec![0];
        message.extend(u32::try_from(length).unwrap().to_be_bytes());
        message.extend(vec![b'x'; length]);
        message
    }

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let body = [message(0), message(3), message(300), message(70_000)].concat();
        for size in [1, 2, 5, 7, 4096, body.len()] {
            let mut messages = Messages::default();
            body.chunks(size).for_each(|piece| messages.read(&piece));
            assert_eq!(messages.complete(), 4, "in pieces of {size}");
        }
    }

    #[test]
    fn a_frame_of_several_buffers_is_read_as_one() {
        let body = [message(2), message(4)].concat();
        let (first, rest) = body.split_at(6);
        let mut messages = Messages::default();
        messages.read(&first.chain(rest));
        assert_eq!(messages.complete(), 2);
    }

    #[test]
    fn a_message_that_is_cut_off_is_not_counted() {
        let mut messages = Messages::default();
        messages.read(&&message(9)[..13]);
        assert_eq!(messages.complete(), 0);
        messages.read(&&[0xff_u8; 4][..]);
        assert_eq!(messages.complete(), 1);
    }
}
