use std::cell::Cell;

thread_local! {
    // `const` and without a destructor: it can be read while the thread ends.
    static DELIVERING: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread is handing a line to writers and sinks, which may be anybody's code. An event that they emit would
/// wait for the writer's own lock, or come round without end.
#[derive(Debug)]
pub(crate) struct Delivering(());

impl Delivering {
    /// `None` if this thread delivers a line already.
    pub(crate) fn begin() -> Option<Self> {
        // Not `then_some`: the one that was not wanted would be dropped, and say that the delivery is over.
        (!DELIVERING.replace(true)).then(|| Self(()))
    }

    pub(crate) fn is_on() -> bool {
        DELIVERING.get()
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        DELIVERING.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_refused_and_leaves_the_first_one_on() {
        let first = Delivering::begin();
        assert!(first.is_some() && Delivering::begin().is_none() && Delivering::is_on());
        drop(first);
        assert!(!Delivering::is_on() && Delivering::begin().is_some());
    }
}
