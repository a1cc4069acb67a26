use crate::exposition::dialect::Dialect;
use crate::exposition::format::Format;
use crate::exposition::{protobuf, text};
use crate::model::visitor::Visitor;

impl Dialect {
    /// Encodes what `show` shows; `expected` is about how many bytes that is.
    pub fn encode(self, expected: usize, show: impl FnOnce(&mut dyn Visitor)) -> Vec<u8> {
        if self.format == Format::Protobuf {
            let mut encoder = protobuf::Encoder::new(self.escaping, expected);
            show(&mut encoder);
            encoder.finish()
        } else {
            let mut encoder = text::Encoder::new(self, expected);
            show(&mut encoder);
            encoder.finish()
        }
    }
}
