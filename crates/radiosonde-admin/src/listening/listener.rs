use std::convert::Infallible;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use std::{fmt, io};

use radiosonde_core::diagnostics;
use radiosonde_metrics::Registry;
use tokio::sync::oneshot;

use crate::listening::acceptor::acceptor;
use crate::listening::connection::{self, REQUEST_WITHIN, RESPONSE_READ_WITHIN};
use crate::listening::connection_limit::ConnectionLimit;
use crate::listening::handshake::{Handshake, Plain};
use crate::listening::tls::Tls;
use crate::metrics::self_metrics::Outcome;
use crate::metrics::service::MetricsService;
use crate::serving::service::AdminService;

/// Serves an [`AdminService`] on a port of its own. Made by [`MetricsOptions::listen`](crate::MetricsOptions::listen), or for metrics alone by
/// [`start`](Self::start).
///
/// Runs on its own thread and runtime. At most 16 connections are open at a time: a further one has the longest idle one closed, or waits
/// while all are busy. The connection of a client that does not send its request within ten seconds, does not read the response within
/// thirty, or does not end a TLS handshake within ten, is closed. A request with a body that no part reads gets 413, one whose head is longer
/// than 16 KiB 431, one with another path 404; each is counted in `radiosonde_metrics_scrapes_total{outcome}`.
///
/// Collectors may block: see [`MetricsService`]. The listener stops when dropped, whatever they do.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use radiosonde_admin::Listener;
/// use radiosonde_metrics::Registry;
///
/// let listener = Listener::start(&Registry::new(), ([127, 0, 0, 1], 0).into())?;
/// let mut connection = std::net::TcpStream::connect(listener.address())?;
/// connection.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
/// let mut response = String::new();
/// connection.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.1 200 OK\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    /// Closed when the thread has ended; nothing is sent. Behind a lock to be `Sync`.
    ended: Mutex<mpsc::Receiver<Infallible>>,
}

const CONNECTIONS: usize = 16;
/// How long a listener that is dropped waits for its thread.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

impl Listener {
    /// Loopback, and OpenTelemetry's port for Prometheus exporters.
    pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

    /// Serves `registry` at `/metrics` on this address. Port 0 takes a free one: see [`address`](Self::address).
    ///
    /// # Errors
    /// [`ListenError`] if the address cannot be listened on, or no thread can be started.
    pub fn start(registry: &Registry, address: SocketAddr) -> Result<Self, ListenError> {
        Self::open(MetricsService::new(registry).into(), address, None)
    }

    pub(crate) fn open(
        service: AdminService,
        address: SocketAddr,
        tls: Option<&Tls>,
    ) -> Result<Self, ListenError> {
        service.check_path().map_err(|what| ListenError::new(address, what))?;
        match tls {
            Some(tls) => {
                let handshake = acceptor(tls).map_err(|error| ListenError::new(address, error))?;
                Self::spawn(service, address, handshake)
            }
            None => Self::spawn(service, address, Plain),
        }
    }

    fn spawn(
        service: AdminService,
        address: SocketAddr,
        handshake: impl Handshake,
    ) -> Result<Self, ListenError> {
        let refuse = |source: io::Error| ListenError::new(address, source);
        let socket = TcpListener::bind(address).map_err(refuse)?;
        socket.set_nonblocking(true).map_err(refuse)?;
        let bound = socket.local_addr().map_err(refuse)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refuse)?;
        let (stop, stopped) = oneshot::channel();
        let service = service.with(|parts| parts.is_on_loopback = bound.ip().to_canonical().is_loopback());
        let thread = std::thread::Builder::new().name("radiosonde-admin".into());
        let (running, ended) = mpsc::channel();
        let serve = move || {
            runtime.block_on(serve(socket, service, handshake, stopped));
            // This drops the connections, and their handles of the registry.
            drop(runtime);
            drop(running);
        };
        thread.spawn(serve).map_err(refuse)?;
        Ok(Self { address: bound, stop: Some(stop), ended: Mutex::new(ended) })
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The thread ends at once, unless it is the last owner of a collector whose destructor blocks.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(STOPS_WITHIN) == Err(mpsc::RecvTimeoutError::Timeout) {
            let message = format_args!("the listener on {} does not stop; its thread is left", self.address);
            diagnostics::report("metrics", "listener", message);
        }
    }
}

async fn serve(
    socket: TcpListener,
    service: AdminService,
    handshake: impl Handshake,
    mut stopped: oneshot::Receiver<Infallible>,
) {
    let Ok(socket) = tokio::net::TcpListener::from_std(socket) else { return };
    let limit = ConnectionLimit::new(CONNECTIONS);
    loop {
        let accepted = tokio::select! {
            _ = &mut stopped => return,
            accepted = socket.accept() => accepted,
        };
        let Ok((connection, _)) = accepted else {
            // Most likely out of file descriptors: accepting again at once would spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let permit = tokio::select! {
            _ = &mut stopped => return,
            permit = limit.acquire() => Arc::new(permit),
        };
        let (service, handshake) = (service.clone(), handshake.clone());
        tokio::spawn(async move {
            let entered = tokio::select! {
                entered = tokio::time::timeout(REQUEST_WITHIN, handshake.perform(connection)) => entered,
                () = permit.asked_to_close() => return service.count(Outcome::Handshake),
            };
            match entered {
                Ok(Ok(connection)) => {
                    connection::serve(connection, service, permit, RESPONSE_READ_WITHIN).await
                }
                Ok(Err(_)) | Err(_) => service.count(Outcome::Handshake),
            }
        });
    }
}

/// A listener could not be started.
#[derive(Debug)]
pub struct ListenError {
    address: SocketAddr,
    source: Box<dyn Error + Send + Sync>,
}

impl ListenError {
    fn new(address: SocketAddr, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { address, source: source.into() }
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}", self.address)
    }
}

impl Error for ListenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_an_error_that_names_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = taken.local_addr().unwrap();
        let error = Listener::start(&Registry::new(), address).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on {address}"));
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn it_stops_when_dropped_though_a_client_hangs() {
        let listener = Listener::start(&Registry::new(), ([127, 0, 0, 1], 0).into()).unwrap();
        let _hangs = std::net::TcpStream::connect(listener.address()).unwrap();
        let address = listener.address();
        drop(listener);
        assert!(TcpListener::bind(address).is_ok() || std::net::TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_head_request_is_told_the_length_and_sent_nothing() {
        use std::io::{Read as _, Write as _};
        let listener = Listener::start(&Registry::new(), ([127, 0, 0, 1], 0).into()).unwrap();
        let mut connection = std::net::TcpStream::connect(listener.address()).unwrap();
        connection.write_all(b"HEAD /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let length = answer.split_once("content-length: ").unwrap().1.lines().next().unwrap();
        assert!(length.parse::<usize>().unwrap() > 0, "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }

    #[test]
    fn it_stops_when_dropped_though_every_connection_is_taken() {
        use std::io::{Read as _, Write as _};
        let listener = Listener::start(&Registry::new(), ([127, 0, 0, 1], 0).into()).unwrap();
        let mut open: Vec<_> =
            (0..CONNECTIONS).map(|_| std::net::TcpStream::connect(listener.address()).unwrap()).collect();
        for connection in &mut open {
            // An answer shows that it is being served, and it stays open.
            connection.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            connection.read_exact(&mut [0; 15]).unwrap();
        }
        let (stopped, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            drop(listener);
            stopped.send(()).unwrap();
        });
        assert_eq!(wait.recv_timeout(connection::REQUEST_WITHIN / 2), Ok(()));
    }

    /// Blocks every scrape of the registry, from the first on, until it is dropped.
    struct Blocked(Option<mpsc::Sender<Infallible>>);

    impl Blocked {
        fn in_the_registry(registry: &Registry) -> Self {
            let (sender, blocked) = mpsc::channel::<Infallible>();
            let blocked = Mutex::new(blocked);
            let wait = move || blocked.lock().unwrap().recv().map_or(1.0, |never| match never {});
            registry.gauge_fn("blocked", "Blocked.", wait).unwrap().keep();
            Self(Some(sender))
        }
    }

    #[test]
    fn a_collector_that_blocks_stops_its_scrape_alone() {
        let registry = Registry::new();
        let mut blocked = Blocked::in_the_registry(&registry);
        let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();
        let scrape = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                      x-prometheus-scrape-timeout-seconds: 0.1\r\n\r\n";
        for _ in 0..2 {
            assert!(ask(&listener, scrape).starts_with("HTTP/1.1 503 "));
            let elsewhere = "GET /else HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            assert!(ask(&listener, elsewhere).starts_with("HTTP/1.1 404 "));
        }
        blocked.0 = None;
        let answer = ask(&listener, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\nblocked 1\n"), "{answer}");
        let late = registry.snapshot().value("radiosonde_metrics_scrapes_total", &[("outcome", "timed_out")]);
        assert_eq!(late, Some(2.0));
    }

    #[test]
    fn it_stops_when_dropped_though_a_collector_blocks() {
        use std::io::Write as _;
        let registry = Registry::new();
        let (begun, begins) = mpsc::channel();
        registry.gauge_fn("begun", "Begun.", move || begun.send(()).map_or(0.0, |()| 1.0)).unwrap().keep();
        let blocked = Blocked::in_the_registry(&registry);
        let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();
        let mut client = std::net::TcpStream::connect(listener.address()).unwrap();
        client.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        begins.recv().unwrap();
        let (stopped, wait) = mpsc::channel();
        std::thread::spawn(move || {
            drop(listener);
            stopped.send(()).unwrap();
        });
        // Longer than it waits for its own thread, shorter than the scrape waits for the collector.
        assert_eq!(wait.recv_timeout(STOPS_WITHIN * 2), Ok(()));
        drop(blocked);
    }

    #[test]
    fn a_collector_may_block_on_a_future() {
        let registry = Registry::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let runtime = Mutex::new(runtime);
        let asks = move || runtime.lock().unwrap().block_on(async { 1.0 });
        registry.gauge_fn("asked", "Asked.", asks).unwrap().keep();
        let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();
        let answer = ask(&listener, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(answer.contains("\nasked 1\n"), "{answer}");
    }

    #[test]
    fn a_client_that_closes_its_side_after_the_request_is_answered() {
        use std::io::{Read as _, Write as _};
        let listener = Listener::start(&Registry::new(), ([127, 0, 0, 1], 0).into()).unwrap();
        for at in 0..200 {
            let mut connection = std::net::TcpStream::connect(listener.address()).unwrap();
            connection.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            connection.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{at}: {answer:?}");
        }
    }

    #[test]
    fn idle_connections_give_way_to_a_new_one_that_asks() {
        use std::io::{Read as _, Write as _};
        let registry = Registry::new();
        let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();
        let connections = 0..CONNECTIONS * 2;
        let keep_alive = "HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
        let mut open: Vec<_> = connections
            .map(|_| {
                let mut connection = std::net::TcpStream::connect(listener.address()).unwrap();
                connection.set_read_timeout(Some(connection::REQUEST_WITHIN / 2)).unwrap();
                connection.write_all(keep_alive.as_bytes()).unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    connection.read_exact(&mut byte).unwrap();
                    head.push(byte[0]);
                }
                assert!(head.starts_with(b"HTTP/1.1 200 "));
                connection
            })
            .collect();
        let (gone, there) = open.split_at_mut(CONNECTIONS);
        for connection in gone {
            assert_eq!(connection.read(&mut [0]).unwrap(), 0, "it was idle for longest");
        }
        for connection in there {
            connection.write_all(keep_alive.as_bytes()).unwrap();
            connection.read_exact(&mut [0; 15]).unwrap();
        }
    }

    #[test]
    fn connections_with_half_a_request_give_way_to_a_new_one() {
        use std::io::{Read as _, Write as _};
        let listener = Listener::start(&Registry::new(), ([127, 0, 0, 1], 0).into()).unwrap();
        let half = |_| {
            let mut connection = std::net::TcpStream::connect(listener.address()).unwrap();
            connection.write_all(b"GET").unwrap();
            connection
        };
        let _stalled: Vec<_> = (0..CONNECTIONS).map(half).collect();
        let mut connection = std::net::TcpStream::connect(listener.address()).unwrap();
        // Before the time to send a request is over, which would end the others as well.
        connection.set_read_timeout(Some(connection::REQUEST_WITHIN / 2)).unwrap();
        connection.write_all(b"HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        connection.read_exact(&mut [0; 15]).unwrap();
    }

    fn ask(listener: &Listener, request: &str) -> String {
        use std::io::{Read as _, Write as _};
        let mut connection = std::net::TcpStream::connect(listener.address()).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn requests_that_are_too_large_or_for_something_else_are_refused_and_counted() {
        let registry = Registry::new();
        let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();
        let body = "GET /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n";
        let answer = ask(&listener, body);
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("connection: close\r\n"), "{answer}");
        let chunked = "GET /metrics HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(ask(&listener, chunked).starts_with("HTTP/1.1 413 "));
        let head = format!("GET /metrics HTTP/1.1\r\nhost: x\r\nx: {}", "x".repeat(connection::MAX_HEAD));
        assert!(ask(&listener, &head).starts_with("HTTP/1.1 431 "));
        let elsewhere = "GET /else HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        assert!(ask(&listener, elsewhere).starts_with("HTTP/1.1 404 "));
        drop(listener);
        let scrapes =
            |outcome| registry.snapshot().value("radiosonde_metrics_scrapes_total", &[("outcome", outcome)]);
        assert_eq!((scrapes("too_large"), scrapes("not_found")), (Some(3.0), Some(1.0)));
    }

    #[test]
    fn a_client_that_never_reads_is_hung_up_on() {
        use std::io::Write as _;
        let registry = Registry::new();
        // More than the buffers of both ends of a connection hold.
        registry.gauge("a", &"x".repeat(64 << 20)).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ended = runtime.block_on(async {
            let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let mut client = std::net::TcpStream::connect(socket.local_addr().unwrap()).unwrap();
            client.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let (connection, _) = socket.accept().await.unwrap();
            let permit = Arc::new(ConnectionLimit::new(1).acquire().await);
            let service = MetricsService::new(&registry).into();
            let served = connection::serve(connection, service, permit, Duration::from_millis(50));
            // Before the time to send a request is over, which would end it as well.
            let ended = tokio::time::timeout(connection::REQUEST_WITHIN * 3 / 4, served).await;
            drop(client);
            ended
        });
        assert!(ended.is_ok());
    }
}
