use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio::time::{timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as Tungstenite;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};

use crate::client::block_on::block_on;
use crate::client::http_client::{HttpClient, read_whole};
use crate::client::request_error::{RequestError, RequestErrorKind};
use crate::client::response_future::ResponseFuture;
use crate::transport::header;

/// Messages read ahead. Beyond these the connection fills up and the server decides what to drop.
const BUFFERED_MESSAGES: usize = 16;

/// Bound of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The response to a request for a web socket.
#[derive(Debug)]
#[non_exhaustive]
pub enum Upgrade {
    /// It is open.
    Open(WebSocket),
    /// The server answered the request like any other.
    Refused(Response<Bytes>),
}

/// An open web socket, to be read.
///
/// # Shape
/// Whole messages, text or binary, of at most the client's `max_response_bytes` each. A server that sends nothing at all for the
/// client's timeout, not even a ping, counts as gone. Dropping it closes the connection.
pub struct WebSocket {
    messages: mpsc::Receiver<Result<Bytes, WebSocketError>>,
}

impl WebSocket {
    /// The next message; `None` after a normal close by the server, or after an error.
    ///
    /// # Errors
    /// [`WebSocketError`] if the server closed it for a reason, or the connection broke.
    pub async fn next(&mut self) -> Option<Result<Bytes, WebSocketError>> {
        self.messages.recv().await
    }

    /// [`next`](Self::next), polled: for adapters to any stream type.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, WebSocketError>>> {
        self.messages.poll_recv(context)
    }

    /// [`next`](Self::next) for callers that cannot await; blocks this thread.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn next_blocking(&mut self) -> Option<Result<Bytes, WebSocketError>> {
        block_on(self.next())
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("waiting", &self.messages.len()).finish_non_exhaustive()
    }
}

/// A web socket that did not end with a normal close.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The server closed it for a reason.
    Closed {
        /// The code of RFC 6455, section 7.4; 1005 if there was none.
        code: u16,
        /// The server's text.
        reason: Box<str>,
    },
    /// The connection broke, or a frame was malformed.
    Request(RequestError),
}

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { code, reason } => {
                write!(f, "the server closed the web socket with code {code}: {reason}")
            }
            Self::Request(_) => f.write_str("the web socket broke"),
        }
    }
}

impl std::error::Error for WebSocketError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Closed { .. } => None,
            Self::Request(error) => Some(error),
        }
    }
}

impl HttpClient {
    /// Requests a web socket; the headers of the upgrade are added.
    ///
    /// # Errors
    /// The future's, as for [`send`](Self::send). A response other than 101 is no error but
    /// [`Upgrade::Refused`].
    pub fn websocket(&self, mut request: Request<Bytes>) -> ResponseFuture<Upgrade> {
        let key = generate_key();
        let (transport, jobs, limit_bytes) =
            (self.transport.clone(), self.jobs.clone(), self.max_response_bytes);
        self.run(async move {
            let (uri, deadline) = (request.uri().clone(), transport.deadline());
            header::check(request.headers()).map_err(|refused| RequestError::refused(&uri, refused))?;
            add_upgrade_headers(request.headers_mut(), &key);
            let late = |_| RequestError::new(&uri, RequestErrorKind::Timeout { after: transport.timeout });
            let response =
                transport.begin(request, deadline).await.map_err(|error| RequestError::of(&uri, error))?;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let whole =
                    timeout_at(deadline, read_whole(&uri, response, limit_bytes)).await.map_err(late)??;
                return Ok(Upgrade::Refused(whole));
            }
            // A proxy without support for web sockets may still respond with 101.
            let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT);
            if accepted
                .is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
            {
                return Err(RequestError::new(&uri, RequestErrorKind::Broken));
            }
            let upgraded = timeout_at(deadline, hyper::upgrade::on(response))
                .await
                .map_err(late)?
                .map_err(|error| RequestError::new(&uri, RequestErrorKind::Broken).because(error))?;
            let config = WebSocketConfig::default()
                .read_buffer_size(16 * 1024)
                .max_message_size(Some(limit_bytes))
                .max_frame_size(Some(limit_bytes));
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(config)).await;
            let (sender, messages) = mpsc::channel(BUFFERED_MESSAGES);
            let reader =
                MessageReader { socket, messages: sender, idle_timeout: transport.timeout, limit_bytes, uri };
            // A thread that has ended drops the job, which ends the messages.
            let _ = jobs.send(Box::pin(reader.run()));
            Ok(Upgrade::Open(WebSocket { messages }))
        })
    }
}

fn add_upgrade_headers(headers: &mut HeaderMap, key: &str) {
    let mut set = |name: HeaderName, value| drop(headers.insert(name, value));
    set(CONNECTION, HeaderValue::from_static("Upgrade"));
    set(UPGRADE, HeaderValue::from_static("websocket"));
    set(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    if let Ok(key) = HeaderValue::from_str(key) {
        // Base64 is always a valid header value.
        set(SEC_WEBSOCKET_KEY, key);
    }
}

/// Forwards the messages of a web socket. The library responds to pings while it reads.
struct MessageReader {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    messages: mpsc::Sender<Result<Bytes, WebSocketError>>,
    idle_timeout: Duration,
    limit_bytes: usize,
    uri: Uri,
}

enum Read {
    Message(Message),
    Failed(WebSocketError),
    Ended,
    ReceiverDropped,
}

impl MessageReader {
    async fn run(mut self) {
        loop {
            let message = match self.read().await {
                Read::Message(Message::Text(text)) => Ok(Bytes::from(text)),
                Read::Message(Message::Binary(bytes)) => Ok(bytes),
                Read::Message(Message::Close(frame)) => match closed(frame) {
                    Some(error) => Err(error),
                    None => return,
                },
                Read::Message(_) => continue,
                Read::Failed(error) => Err(error),
                Read::Ended => return,
                Read::ReceiverDropped => {
                    // If the close fails, the other side still sees the end of the connection.
                    let _ = timeout(CLOSE_TIMEOUT, self.socket.close(None)).await;
                    return;
                }
            };
            let last = message.is_err();
            if self.messages.send(message).await.is_err() || last {
                return;
            }
        }
    }

    async fn read(&mut self) -> Read {
        let Self { socket, messages, idle_timeout, .. } = self;
        let mut receiver_dropped = pin!(messages.closed());
        let mut next = pin!(timeout(*idle_timeout, socket.next()));
        let read = poll_fn(|context| match receiver_dropped.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => next.as_mut().poll(context).map(Some),
        })
        .await;
        let broken = |kind| RequestError::new(&self.uri, kind);
        match read {
            None => Read::ReceiverDropped,
            Some(Ok(Some(Ok(message)))) => Read::Message(message),
            Some(Ok(None | Some(Err(Tungstenite::ConnectionClosed)))) => Read::Ended,
            Some(Ok(Some(Err(Tungstenite::Capacity(_))))) => {
                let kind = RequestErrorKind::TooLarge { limit_bytes: self.limit_bytes };
                Read::Failed(WebSocketError::Request(broken(kind)))
            }
            Some(Ok(Some(Err(error)))) => {
                Read::Failed(WebSocketError::Request(broken(RequestErrorKind::Broken).because(error)))
            }
            Some(Err(_)) => {
                let kind = RequestErrorKind::Timeout { after: self.idle_timeout };
                Read::Failed(WebSocketError::Request(broken(kind)))
            }
        }
    }
}

/// The error of a close frame; `None` for a normal close.
fn closed(frame: Option<CloseFrame>) -> Option<WebSocketError> {
    let (code, reason) = match frame {
        Some(frame) if frame.code == CloseCode::Normal => return None,
        Some(frame) => (frame.code.into(), frame.reason.as_str().into()),
        None => (1005, "".into()),
    };
    Some(WebSocketError::Closed { code, reason })
}
