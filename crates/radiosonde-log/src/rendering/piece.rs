use crate::planning::plan::RenderedField;
use crate::redacting::redaction::Redaction;
use crate::rendering::tail::drop_tail;
use crate::rendering::value::Written;

/// A field at the end of a buffer, while it is being written.
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) value: usize,
    /// The limit at which a long value was truncated.
    limit: usize,
    pub(crate) written: Written,
}

impl Piece {
    #[inline(always)]
    pub(crate) fn push(
        out: &mut String,
        prefix: &str,
        limit: usize,
        value: impl FnOnce(&mut String, usize) -> Written,
    ) -> Self {
        let start = out.len();
        out.push_str(prefix);
        let before = out.len();
        let limit = before.saturating_add(limit);
        let written = value(out, limit);
        Self { start, value: before, limit, written }
    }

    #[inline(always)]
    pub(crate) fn scrub(&self, out: &mut String, field: &RenderedField, redaction: &Redaction) -> u64 {
        if field.hides() || !redaction.scrubs() {
            return 0;
        }
        if self.written.cut {
            drop_tail(out, self.value, self.limit);
        }
        redaction.scrub(out, self.value)
    }
}
