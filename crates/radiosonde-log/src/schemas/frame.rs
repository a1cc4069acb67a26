/// What stands around the slots of a line.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// From the quote that ends the timestamp to the slots.
    pub(crate) head: String,
    /// From the slots to the ids.
    pub(crate) foot: String,
}

impl Frame {
    pub(crate) fn clear(&mut self) {
        self.head.clear();
        self.foot.clear();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.head.capacity() + self.foot.capacity()
    }
}
