use radiosonde_queue::Load;

/// Items in flight, oldest first; never empty.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    pub(crate) items: Vec<T>,
    /// The size of each item, and its number among all accepted ones.
    pub(super) sizes: Vec<(usize, u64)>,
}

impl<T> Batch<T> {
    /// The two halves in order, of a batch with more than one item.
    pub(super) fn halves(mut self) -> (Self, Self) {
        let middle = self.items.len().div_ceil(2);
        let second = Self { items: self.items.split_off(middle), sizes: self.sizes.split_off(middle) };
        (self, second)
    }

    /// The number of its first item, which no other batch has.
    pub(super) fn first(&self) -> Option<u64> {
        self.sizes.first().map(|(_, at)| *at)
    }

    pub(super) fn load(&self) -> Load {
        Load { items: self.items.len(), bytes: self.sizes.iter().map(|(size, _)| size).sum() }
    }
}
