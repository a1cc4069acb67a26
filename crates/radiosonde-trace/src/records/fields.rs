use std::cell::Cell;

use crate::records::attributes::Attributes;
use crate::records::directives::Directives;
use crate::spans::pool::PooledBytes;

thread_local! {
    static SCRATCH: Cell<Option<Box<Fields>>> = const { Cell::new(None) };
}

/// The fields of a span or an event: attributes as they are written, and directives.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) bytes: PooledBytes,
    pub(crate) attributes: Attributes,
    pub(crate) directives: Directives,
    /// The text of a value while it is formatted.
    pub(crate) text: String,
}

/// Larger texts are freed.
const KEEP_TEXT: usize = 4 * 1024;

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEEP_TEXT);
        self.attributes.clear();
        self.directives.clear();
        self.text.clear();
        self.text.shrink_to(KEEP_TEXT);
    }

    /// Fields to be filled while no lock is held, as the values are formatted by the user's code.
    pub(crate) fn scratch() -> Scratch {
        // None while another one is in use, by a value that makes spans while it is formatted, and while the thread exits.
        let kept = SCRATCH.try_with(Cell::take).ok().flatten();
        Scratch(Some(kept.unwrap_or_default()))
    }
}

/// [`Fields`] that go back to their thread.
#[derive(Debug)]
pub(crate) struct Scratch(Option<Box<Fields>>);

impl Scratch {
    pub(crate) fn fields(&mut self) -> &mut Fields {
        self.0.get_or_insert_default()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(mut fields) = self.0.take() {
            fields.clear();
            let _ = SCRATCH.try_with(|scratch| scratch.set(Some(fields)));
        }
    }
}
