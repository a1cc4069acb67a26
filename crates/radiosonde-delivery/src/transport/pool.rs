use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::transport::endpoint::Endpoint;
use crate::transport::tls::EncryptedPool;
use crate::transport::tls_options::{TlsError, TlsOptions};

/// Idle connections are closed before most servers and load balancers would close them.
const IDLE: Duration = Duration::from_secs(30);

/// The connections to one server.
#[derive(Clone)]
pub(crate) enum Pool {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Encrypted(EncryptedPool),
}

impl Pool {
    /// Sets up TLS for an `https` endpoint only: loading certificates takes milliseconds.
    pub(crate) fn new(endpoint: &Endpoint, tls: &TlsOptions) -> Result<Self, TlsError> {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        let mut pool = Client::builder(TokioExecutor::new());
        pool.pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new());
        if endpoint.is_https() {
            EncryptedPool::new(&pool, tcp, tls).map(Self::Encrypted)
        } else {
            Ok(Self::Plain(pool.build(tcp)))
        }
    }

    pub(crate) fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(pool) => pool.request(request),
            Self::Encrypted(pool) => pool.request(request),
        }
    }
}
