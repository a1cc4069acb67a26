use std::future::ready;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What a connection goes through before its first request.
pub(crate) trait Door: Clone + Send + 'static {
    type Connection: AsyncRead + AsyncWrite + Unpin + Send;

    fn enter(&self, connection: TcpStream) -> impl Future<Output = io::Result<Self::Connection>> + Send;
}

/// Takes every connection as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

impl Door for Plain {
    type Connection = TcpStream;

    fn enter(&self, connection: TcpStream) -> impl Future<Output = io::Result<TcpStream>> + Send {
        ready(Ok(connection))
    }
}
