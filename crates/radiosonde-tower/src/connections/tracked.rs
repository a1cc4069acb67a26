use std::io::ErrorKind;
use std::net::SocketAddr;
use std::thread;

use pin_project_lite::pin_project;
use radiosonde_core::Outcome;
use radiosonde_signals::{Operation, Record};

use crate::connections::connection_handle::ConnectionHandle;

pin_project! {
    /// The stream of an accepted connection, which counts as active until this is dropped.
    ///
    /// Reads and writes what the stream does. With the feature `saturation` it has tokio's `AsyncRead` and `AsyncWrite` and
    /// hyper's `Read` and `Write`, where the stream has them.
    #[derive(Debug)]
    #[must_use = "the connection is closed when this is dropped"]
    pub struct Tracked<Io> {
        // Dropped before the connection counts as closed.
        #[pin]
        pub(crate) io: Io,
        pub(crate) open: OpenConnection,
    }
}

impl<Io> Tracked<Io> {
    pub(crate) const fn new(io: Io, open: OpenConnection) -> Self {
        Self { io, open }
    }

    /// The handle of the connection.
    #[must_use]
    pub const fn connection(&self) -> &ConnectionHandle {
        &self.open.connection
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &Io {
        &self.io
    }

    /// The stream, to be changed: for socket options.
    pub const fn get_mut(&mut self) -> &mut Io {
        &mut self.io
    }
}

/// Closes the connection when it is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    connection: ConnectionHandle,
    record: Option<Record<Operation>>,
    /// The error that the connection is closed for.
    pub(crate) failed: Option<ErrorKind>,
}

impl OpenConnection {
    pub(crate) fn new(peer: Option<SocketAddr>, record: Record<Operation>) -> Self {
        Self { connection: ConnectionHandle::new(peer), record: Some(record), failed: None }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        // Before the record ends: what the connection holds is dropped while it counts as open.
        self.connection.close();
        // Dropped, the record counts a panic or a connection that was closed.
        let Some(mut record) = self.record.take().filter(|_| !thread::panicking()) else { return };
        match self.failed {
            Some(ErrorKind::TimedOut) => record.end(Outcome::TimedOut),
            Some(error) => record.fail(error),
            None => {}
        }
    }
}
