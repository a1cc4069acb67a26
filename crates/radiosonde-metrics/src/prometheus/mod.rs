//! Both directions between our registry and the `prometheus` crate's.

mod absorb;
mod adapter;

use std::cell::Cell;

pub use absorb::Absorbed;
pub use adapter::Adapter;

thread_local! {
    /// Set while one registry asks the other. Two registries that show each other would ask for ever.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `ask` unless this thread is asking already.
fn once<T>(ask: impl FnOnce() -> T) -> Option<T> {
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            ASKING.set(false);
        }
    }
    (!ASKING.replace(true)).then(|| {
        let _done = Done;
        ask()
    })
}
