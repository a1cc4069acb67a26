use tracing_core::dispatcher::{self, Dispatch};
use tracing_subscriber::Registry;

/// Whether this thread's default is the subscriber of `dispatch`: both have the same registry at the same address. `false`
/// for subscribers that are not built on one.
///
/// If it is, it must not be scoped to the thread: meanwhile `tracing` would drop what other threads emit within a `Debug`, a
/// `Display` or the destructor of a thread-local.
pub(crate) fn is_default(dispatch: &Dispatch) -> bool {
    let registry = dispatch.downcast_ref::<Registry>();
    registry.is_some_and(|registry| {
        dispatcher::get_default(|default| {
            default.downcast_ref::<Registry>().is_some_and(|other| std::ptr::eq(registry, other))
        })
    })
}
