/// The constant text around the reserved keys of a line.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    /// From the quote that ends the timestamp to the reserved keys.
    pub(crate) prefix: String,
    /// From the reserved keys to the ids.
    pub(crate) suffix: String,
}

impl Envelope {
    pub(crate) fn clear(&mut self) {
        self.prefix.clear();
        self.suffix.clear();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.prefix.capacity() + self.suffix.capacity()
    }
}
