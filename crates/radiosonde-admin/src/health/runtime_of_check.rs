use tokio::runtime::{EnterGuard, Handle};

/// The tokio runtime that a check finds around it: timers, sockets and `spawn` are that runtime's.
#[derive(Debug, Clone)]
pub(crate) struct RuntimeOfCheck(Option<Handle>);

impl RuntimeOfCheck {
    /// The runtime of this thread, if it has one.
    pub(crate) fn current() -> Self {
        Self(Handle::try_current().ok())
    }

    /// This one, else that of this thread.
    pub(crate) fn or_current(&self) -> Self {
        self.0.clone().map_or_else(Self::current, |handle| Self(Some(handle)))
    }

    /// Makes it this thread's until the guard is dropped.
    pub(crate) fn enter(&self) -> Option<EnterGuard<'_>> {
        self.0.as_ref().map(Handle::enter)
    }
}
