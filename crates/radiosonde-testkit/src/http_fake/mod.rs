mod connection;
#[cfg(feature = "http2")]
mod http2;
mod reaction;
mod request;
mod shared;

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io, thread};

use radiosonde_core::{Clock, SystemClock};

use shared::{Respond, Shared, State};

pub use reaction::Reaction;
pub use request::RecordedRequest;

/// An HTTP server on loopback that responds from a script and records requests.
///
/// # Shape
/// Each request takes the next [`Reaction`] of the script; the last one repeats for ever, and an empty script gives
/// status 204. Requests are recorded before the response. One thread accepts, and one more serves each connection; dropping
/// the fake closes the port and every connection, including hanging ones. It speaks HTTP/1.1, or with the feature `http2` and
/// `HttpFake::http2` HTTP/2 without TLS.
///
/// ```
/// use radiosonde_testkit::{HttpFake, Reaction};
///
/// let fake = HttpFake::start([Reaction::hang()]);
/// assert!(fake.url().starts_with("http://127.0.0.1:"));
/// assert!(fake.requests().is_empty());
/// ```
pub struct HttpFake {
    addr: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<thread::JoinHandle<()>>,
}

impl HttpFake {
    /// Starts on a free loopback port.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub fn start(script: impl IntoIterator<Item = Reaction>) -> Self {
        or_panic(Self::start_on(loopback(0), script))
    }

    /// Starts on this address, as a backend that comes back at its old address.
    ///
    /// # Errors
    /// The operating system's error if the address cannot be bound.
    pub fn start_on(addr: SocketAddr, script: impl IntoIterator<Item = Reaction>) -> io::Result<Self> {
        Self::serve(addr, State::of(script), Box::new(no_content), connection::serve)
    }

    /// Starts on a free loopback port and calls a function for each reaction.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub fn answering(respond: impl Fn(&RecordedRequest) -> Reaction + Send + Sync + 'static) -> Self {
        or_panic(Self::serve(loopback(0), State::default(), Box::new(respond), connection::serve))
    }

    /// A loopback URL on which nothing listens: the operating system refuses connections.
    ///
    /// # Panics
    /// If loopback has no free port.
    #[must_use]
    pub fn nobody() -> String {
        // Bound and closed again: the port was free a moment ago, and is one of thousands that the system may assign next.
        let listener = or_panic(TcpListener::bind(loopback(0)));
        let addr = or_panic(listener.local_addr());
        format!("http://{addr}")
    }

    fn serve(
        addr: SocketAddr,
        state: State,
        respond: Box<Respond>,
        serve: connection::Serve,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), respond });
        let for_acceptor = Arc::clone(&shared);
        let acceptor = thread::Builder::new()
            .name("http-fake".into())
            .spawn(move || connection::accept_all(&listener, &for_acceptor, serve))?;
        Ok(Self { addr, shared, acceptor: Some(acceptor) })
    }

    /// The address it listens on.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The requests so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.lock().requests.clone()
    }

    /// Waits until `count` requests have arrived, and returns all that have.
    ///
    /// # Errors
    /// [`TooFewRequests`] if fewer arrive before `deadline` has passed.
    pub fn wait_for(&self, count: usize, deadline: Duration) -> Result<Vec<RecordedRequest>, TooFewRequests> {
        let until = SystemClock.monotonic() + deadline;
        let mut state = self.shared.lock();
        while state.requests.len() < count {
            let left = until.saturating_sub(SystemClock.monotonic());
            if left.is_zero() {
                return Err(TooFewRequests { wanted: count, seen: state.requests.len(), deadline });
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state.requests.clone())
    }

    /// Replaces the rest of the script.
    pub fn script(&self, script: impl IntoIterator<Item = Reaction>) {
        self.shared.lock().script = script.into_iter().collect();
    }

    /// Closes the port and every connection. Requests remain readable.
    pub fn stop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.stopped = true;
            for connection in state.connections.drain(..) {
                // Fails if the other side has closed it already.
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        self.shared.changed.notify_all();
        if let Some(acceptor) = self.acceptor.take() {
            // Wakes the acceptor out of `accept`; if that fails, it has already ended.
            let _ = TcpStream::connect(self.addr);
            let _ = acceptor.join();
        }
    }
}

impl Drop for HttpFake {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for HttpFake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFake").field("addr", &self.addr).finish_non_exhaustive()
    }
}

fn no_content(_: &RecordedRequest) -> Reaction {
    Reaction::status(204)
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

#[allow(clippy::panic, reason = "for tests only, which cannot continue without a port")]
fn or_panic<T>(result: io::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("no loopback port for the fake server: {error}"),
    }
}

/// Fewer requests arrived than a test waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooFewRequests {
    wanted: usize,
    seen: usize,
    deadline: Duration,
}

impl fmt::Display for TooFewRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, seen, deadline } = self;
        write!(f, "waited {deadline:?} for {wanted} requests and saw {seen}")
    }
}

impl std::error::Error for TooFewRequests {}

#[cfg(test)]
mod tests;
