use crate::entering::promoted_entries;
use crate::entering::stack::{ContextGuard, enter_by_hand};
use crate::propagation::remote_context::RemoteContext;

impl RemoteContext {
    /// Makes this the current context of the thread until the guard is dropped: with ids, trace state and baggage, it is the
    /// parent of spans that are made meanwhile, and sent with requests.
    ///
    /// Guards may be dropped in any order.
    ///
    /// # Cost
    /// Two thread-local pushes; no allocation.
    pub fn enter(self) -> ContextGuard {
        let context = self.showing_ids(true);
        if context.shown_ids().is_some() {
            promoted_entries::read_by_lines();
        }
        enter_by_hand(Some(context))
    }
}
