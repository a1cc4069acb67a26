use radiosonde_queue::Load;

/// Items in flight, oldest first.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    pub(crate) items: Vec<T>,
    /// The size of each item, and its number among all accepted ones.
    pub(super) sizes: Vec<(usize, u64)>,
}

impl<T> Batch<T> {
    /// The two halves in order. A single item is in the first half.
    pub(crate) fn halves(mut self) -> (Self, Self) {
        let middle = self.items.len().div_ceil(2);
        let second = Self { items: self.items.split_off(middle), sizes: self.sizes.split_off(middle) };
        (self, second)
    }

    pub(super) fn load(&self) -> Load {
        Load { items: self.items.len(), bytes: self.sizes.iter().map(|(size, _)| size).sum() }
    }
}
