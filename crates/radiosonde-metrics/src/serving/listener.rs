use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};

use crate::serving::connection::{self, ANSWER_TAKEN_WITHIN, REQUEST_WITHIN};
use crate::serving::meters::Outcome;
use crate::{MetricsService, Registry};

/// Serves a registry's `/metrics` on a port of its own, for programs that serve no HTTP otherwise.
///
/// Runs on its own thread with its own runtime, so it needs none of the program's. At most 16 connections are served at a
/// time, further ones wait; a client that does not send its request within ten seconds, or does not take the answer within thirty,
/// is hung up on. A request with a body gets 413, one whose head is longer than 16 KiB gets 431, a path that is not `/metrics`
/// 404; each is counted in `radiosonde_metrics_scrapes_total{outcome}`. Stops when dropped.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use radiosonde_metrics::{Listener, Registry};
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
    thread: Option<JoinHandle<()>>,
}

const CONNECTIONS: usize = 16;

impl Listener {
    /// Loopback, and the port that OpenTelemetry gives to Prometheus exporters.
    pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

    /// Listens on `address` and serves from now on. Port 0 takes a free one: see [`address`](Self::address).
    ///
    /// # Errors
    /// [`ListenError`] if the address cannot be listened on, or no thread can be started.
    pub fn start(registry: &Registry, address: SocketAddr) -> Result<Self, ListenError> {
        Self::serve(&MetricsService::new(registry), address)
    }

    /// Like [`start`](Self::start), with a service that has settings of its own, or answers elsewhere as well.
    ///
    /// # Errors
    /// [`ListenError`] if the address cannot be listened on, or no thread can be started.
    pub fn serve(service: &MetricsService, address: SocketAddr) -> Result<Self, ListenError> {
        Self::open(service, address, Wide)
    }

    /// Listens on `address`; connections come through `door`.
    pub(crate) fn open(
        service: &MetricsService,
        address: SocketAddr,
        door: impl Door,
    ) -> Result<Self, ListenError> {
        let refuse = |source| ListenError { address, source };
        let socket = TcpListener::bind(address).map_err(refuse)?;
        socket.set_nonblocking(true).map_err(refuse)?;
        let bound = socket.local_addr().map_err(refuse)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refuse)?;
        let (stop, stopped) = oneshot::channel();
        let service = service.clone();
        let thread = std::thread::Builder::new().name("radiosonde-metrics".into());
        let serve = move || runtime.block_on(serve(socket, service, door, stopped));
        let thread = thread.spawn(serve).map_err(refuse)?;
        Ok(Self { address: bound, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once; a panic in it has been printed by the panic hook.
            let _ = thread.join();
        }
    }
}

/// What a connection goes through before its first request.
pub(crate) trait Door: Clone + Send + 'static {
    type Connection: AsyncRead + AsyncWrite + Unpin + Send;

    fn enter(&self, connection: TcpStream) -> impl Future<Output = io::Result<Self::Connection>> + Send;
}

/// Lets every connection in as it is.
#[derive(Debug, Clone, Copy)]
struct Wide;

impl Door for Wide {
    type Connection = TcpStream;

    fn enter(&self, connection: TcpStream) -> impl Future<Output = io::Result<TcpStream>> + Send {
        ready(Ok(connection))
    }
}

async fn serve(
    socket: TcpListener,
    service: MetricsService,
    door: impl Door,
    mut stopped: oneshot::Receiver<Infallible>,
) {
    let Ok(socket) = tokio::net::TcpListener::from_std(socket) else { return };
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let permit = tokio::select! {
            _ = &mut stopped => return,
            permit = Arc::clone(&free).acquire_owned() => permit,
        };
        let Ok(permit) = permit else { return };
        let accepted = tokio::select! {
            _ = &mut stopped => return,
            accepted = socket.accept() => accepted,
        };
        let Ok((connection, _)) = accepted else {
            // Out of file descriptors, most likely: they do not come back faster by asking faster.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (service, door) = (service.clone(), door.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let entered = tokio::time::timeout(REQUEST_WITHIN, door.enter(connection)).await;
            match entered {
                Ok(Ok(connection)) => connection::serve(connection, service, ANSWER_TAKEN_WITHIN).await,
                Ok(Err(_)) | Err(_) => service.count(Outcome::Handshake),
            }
        });
    }
}

/// The metrics listener could not be started.
#[derive(Debug)]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot serve metrics on {}", self.address)
    }
}

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
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
        assert_eq!(error.to_string(), format!("cannot serve metrics on {address}"));
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
        let mut taken: Vec<_> =
            (0..CONNECTIONS).map(|_| std::net::TcpStream::connect(listener.address()).unwrap()).collect();
        for connection in &mut taken {
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
            let served =
                connection::serve(connection, MetricsService::new(&registry), Duration::from_millis(50));
            // Before the time to send a request is over, which would end it as well.
            let ended = tokio::time::timeout(connection::REQUEST_WITHIN * 3 / 4, served).await;
            drop(client);
            ended
        });
        assert!(ended.is_ok());
    }
}
