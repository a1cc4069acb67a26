use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_core::survive;

/// A handle to an accepted connection, found in the extensions of its requests.
///
/// [`WithConnection`](crate::WithConnection) puts it there. A guard passed to [`hold`](Self::hold) lives until the
/// connection closes. The duration of a websocket is measured this way: its request ends when the protocol changes.
///
/// # Cost
/// Cloning copies a pointer; the handle keeps neither the connection open nor what it holds alive.
///
/// ```
/// use std::sync::Arc;
/// use radiosonde_metrics::Registry;
/// use radiosonde_tower::ConnectionMetrics;
///
/// let connections = ConnectionMetrics::builder("public").registry(&Registry::new()).build()?;
/// let stream = connections.track(std::io::empty(), None);
/// let guard = Arc::new("open");
/// stream.connection().hold(Arc::clone(&guard));
/// assert_eq!(Arc::strong_count(&guard), 2);
/// drop(stream);
/// assert_eq!(Arc::strong_count(&guard), 1);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct ConnectionHandle(Arc<Inner>);

struct Inner {
    peer: Option<SocketAddr>,
    /// `None` once the connection is closed.
    held: Mutex<Option<Held>>,
}

type Held = Vec<Box<dyn Any + Send>>;

impl ConnectionHandle {
    pub(crate) fn new(peer: Option<SocketAddr>) -> Self {
        Self(Arc::new(Inner { peer, held: Mutex::new(Some(Vec::new())) }))
    }

    /// The address of the other end, if it is an internet address: the client, or the last proxy before this process.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.peer
    }

    /// Keeps `guard` until the connection closes, then drops it; drops it at once if the connection is closed already.
    ///
    /// Guards are never removed earlier: with one per request, a connection that is kept alive holds one more for each.
    pub fn hold(&self, guard: impl Any + Send) {
        let guard: Box<dyn Any + Send> = Box::new(guard);
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_mut() {
            Some(held) => held.push(guard),
            None => {
                // The destructor of the guard may use this handle.
                drop(held);
                drop(guard);
            }
        }
    }

    /// Whether the connection is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    pub(crate) fn close(&self) {
        let held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        // This thread may be unwinding, so a second panic would abort the process.
        survive(|| drop(held));
    }
}

impl fmt::Debug for ConnectionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.0.peer)
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct AsksWhenDropped(ConnectionHandle, Arc<Mutex<Vec<bool>>>);

    impl Drop for AsksWhenDropped {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0.is_closed());
        }
    }

    #[test]
    fn a_held_guard_may_use_the_connection_when_it_is_dropped() {
        let connection = ConnectionHandle::new(None);
        let seen = Arc::new(Mutex::new(Vec::new()));
        connection.hold(AsksWhenDropped(connection.clone(), Arc::clone(&seen)));
        assert!(seen.lock().unwrap().is_empty());
        connection.close();
        connection.hold(AsksWhenDropped(connection.clone(), Arc::clone(&seen)));
        connection.close();
        assert_eq!(*seen.lock().unwrap(), [true, true]);
    }
}
