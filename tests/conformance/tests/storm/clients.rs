//! Clients that read a response to its end, or leave at a random moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use crate::server::PATHS;

pub(crate) struct Clients;

/// Half of each protocol.
const CLIENTS: usize = 48;

/// The responses read to their end, by status.
type Seen = BTreeMap<u16, usize>;

impl Clients {
    /// Makes this many requests, and returns when each is read, cut or refused.
    pub(crate) async fn run(address: SocketAddr, requests: usize) -> Seen {
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let share = requests / CLIENTS + usize::from(client < requests % CLIENTS);
            let is_http2 = client % 2 == 1;
            clients.spawn(
                Client {
                    address,
                    is_http2,
                    connection: None,
                    random: fastrand::Rng::with_seed(client as u64),
                }
                .run(share),
            );
        }
        let mut seen = Seen::new();
        for (status, count) in clients.join_all().await.into_iter().flatten() {
            *seen.entry(status).or_insert(0) += count;
        }
        seen
    }
}

struct Client {
    address: SocketAddr,
    is_http2: bool,
    connection: Option<Connection>,
    random: fastrand::Rng,
}

enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

/// Closes when it is dropped.
struct Connection {
    sender: Sender,
    task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    async fn open(address: SocketAddr, is_http2: bool) -> Self {
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        if is_http2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
            let task = tokio::spawn(async { drop(connection.await) }).abort_handle();
            return Self { sender: Sender::Http2(sender), task };
        }
        let (sender, connection) = http1::handshake(io).await.unwrap();
        let task = tokio::spawn(async { drop(connection.await) }).abort_handle();
        Self { sender: Sender::Http1(sender), task }
    }

    async fn send(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }
}

impl Client {
    async fn run(mut self, requests: usize) -> Seen {
        let mut seen = Seen::new();
        for _ in 0..requests {
            let path = self.random.choice(PATHS).unwrap();
            let is_cut = self.random.u8(..3) == 0;
            let moment = Duration::from_micros(self.random.u64(..4000));
            let has_left = if is_cut {
                tokio::time::timeout(moment, self.ask(path)).await.is_err()
            } else {
                if let Some(status) = self.ask(path).await {
                    *seen.entry(status).or_insert(0) += 1;
                }
                false
            };
            // Leaving is a reset of the stream in HTTP/2, or else the end of the connection.
            if has_left && (!self.is_http2 || self.random.u8(..8) == 0) {
                self.connection = None;
            }
        }
        seen
    }

    /// The status of a response that was read to its end.
    async fn ask(&mut self, path: &str) -> Option<u16> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(self.address, self.is_http2).await),
        };
        let request = Request::get(format!("http://localhost{path}")).header("host", "localhost");
        let request = request.body(Empty::new()).unwrap();
        let response = connection.send(request).await;
        let Ok(response) = response else {
            // Its server has panicked, and the connection with it.
            self.connection = None;
            return None;
        };
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        if body.is_err() && !self.is_http2 {
            self.connection = None;
        }
        body.is_ok().then_some(status)
    }
}
