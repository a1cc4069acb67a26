use std::future::{Ready, pending, ready};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::{fmt, io};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::runtime::Builder;

use super::reaction::{Fields, Kind, Reaction};
use super::request::RecordedRequest;
use super::shared::{Shared, State};
use super::{HttpFake, loopback, no_content, or_panic};

impl HttpFake {
    /// Starts on a free loopback port, for HTTP/2 with prior knowledge.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub fn http2(script: impl IntoIterator<Item = Reaction>) -> Self {
        or_panic(Self::serve(loopback(0), State::of(script), Box::new(no_content), serve))
    }

    /// Starts on a free loopback port, for HTTP/2 with prior knowledge, and calls a function for each reaction.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub fn http2_answering(respond: impl Fn(&RecordedRequest) -> Reaction + Send + Sync + 'static) -> Self {
        or_panic(Self::serve(loopback(0), State::default(), Box::new(respond), serve))
    }
}

/// Serves a connection on this thread, with its requests at the same time.
fn serve(stream: &TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    stream.set_nonblocking(true)?;
    let (io, handle) = (stream.try_clone()?, Arc::new(stream.try_clone()?));
    runtime.block_on(async {
        let io = TokioIo::new(tokio::net::TcpStream::from_std(io)?);
        let service = service_fn(|request| respond(Arc::clone(shared), Arc::clone(&handle), request));
        http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, service)
            .await
            .map_err(io::Error::other)
    })
}

type Body = Either<Full<Bytes>, WithTrailers<Full<Bytes>, Ready<Option<Result<HeaderMap, Never>>>>>;

/// The error of a body in memory.
type Never = std::convert::Infallible;

async fn respond(
    shared: Arc<Shared>,
    connection: Arc<TcpStream>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let recorded = RecordedRequest {
        method: head.method.to_string(),
        path: path.to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec(),
    };
    let reaction = shared.take_reaction(recorded);
    tokio::time::sleep(reaction.delay).await;
    match reaction.kind {
        Kind::Answer { status, headers, body, trailers } => answer(status, &headers, body, &trailers),
        Kind::Hang => pending().await,
        Kind::Close | Kind::Refuse => {
            connection.shutdown(Shutdown::Both)?;
            Err(io::Error::other("closed by the script"))
        }
    }
}

fn answer(status: u16, headers: &Fields, body: Vec<u8>, trailers: &Fields) -> io::Result<Response<Body>> {
    let body = Full::new(Bytes::from(body));
    // Without trailers the body ends the stream, and without a body the headers do.
    let body = match trailers.is_empty() {
        true => Either::Left(body),
        false => Either::Right(body.with_trailers(ready(Some(Ok(map(trailers)?))))),
    };
    let mut response = Response::builder().status(status).body(body).map_err(io::Error::other)?;
    *response.headers_mut() = map(headers)?;
    Ok(response)
}

fn map(fields: &Fields) -> io::Result<HeaderMap> {
    let field = |(name, value): &(String, String)| -> io::Result<(HeaderName, HeaderValue)> {
        Ok((name.parse().map_err(invalid)?, value.parse().map_err(invalid)?))
    };
    let mut map = HeaderMap::new();
    for pair in fields {
        let (name, value) = field(pair)?;
        map.append(name, value);
    }
    Ok(map)
}

fn invalid(error: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error.to_string())
}
