use std::mem;

use crate::exposition::dialect::Dialect;
use crate::exposition::format::Format;
use crate::exposition::{protobuf, text};
use crate::model::visitor::Visitor;

impl Dialect {
    /// Appends to `out` what `show` shows. If `show` panics, `out` is left empty.
    pub fn encode_into(self, out: &mut Vec<u8>, show: impl FnOnce(&mut dyn Visitor)) {
        let bytes = mem::take(out);
        *out = if self.format == Format::Protobuf {
            let mut encoder = protobuf::Encoder::new(self.escaping, bytes);
            show(&mut encoder);
            encoder.finish()
        } else {
            let mut encoder = text::Encoder::new(self, bytes);
            show(&mut encoder);
            encoder.finish()
        };
    }
}
