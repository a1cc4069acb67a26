use std::future::ready;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What both ends of a connection do before its first request.
pub(crate) trait Handshake: Clone + Send + 'static {
    type Connection: AsyncRead + AsyncWrite + Unpin + Send;

    fn perform(&self, connection: TcpStream) -> impl Future<Output = io::Result<Self::Connection>> + Send;
}

/// No handshake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

impl Handshake for Plain {
    type Connection = TcpStream;

    fn perform(&self, connection: TcpStream) -> impl Future<Output = io::Result<TcpStream>> + Send {
        ready(Ok(connection))
    }
}
