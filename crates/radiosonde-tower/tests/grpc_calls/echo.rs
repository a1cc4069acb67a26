//! A gRPC service without generated code, whose messages are bytes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, Bytes};
use http::{Request, Response};
use tokio_stream::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService, ServerStreamingService, StreamingService};
use tonic::{Status, Streaming};
use tower::{Service, service_fn};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Answers as the message asks: `ok`, the name of a status, `hang` or `panic`.
#[derive(Debug, Clone)]
pub(crate) struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "test.Echo";
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Messages = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut grpc = Grpc::new(Plain);
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/test.Echo/Unary" => grpc.unary(service_fn(unary), request).await,
                "/test.Echo/Count" => grpc.server_streaming(Count, request).await,
                "/test.Echo/Chat" => grpc.streaming(Chat, request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

#[allow(clippy::panic, reason = "required by the message")]
async fn unary(request: tonic::Request<Bytes>) -> Result<tonic::Response<Bytes>, Status> {
    let message = request.into_inner();
    match &*message {
        b"ok" => Ok(tonic::Response::new(message)),
        b"not found" => Err(Status::not_found("no such order")),
        b"internal" => Err(Status::internal("broken")),
        b"hang" => std::future::pending().await,
        _ => panic!("required by the message"),
    }
}

struct Count;

impl ServerStreamingService<Bytes> for Count {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = std::future::Ready<Result<tonic::Response<Messages>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let message = request.into_inner();
        let numbers = tokio_stream::iter(0..3_u8).map(|number| Ok(Bytes::from(vec![number])));
        let messages: Messages = match &*message {
            b"data loss" => Box::pin(numbers.chain(tokio_stream::once(Err(Status::data_loss("gone"))))),
            b"hang" => Box::pin(numbers.chain(tokio_stream::pending())),
            _ => Box::pin(numbers),
        };
        std::future::ready(Ok(tonic::Response::new(messages)))
    }
}

struct Chat;

impl StreamingService<Bytes> for Chat {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = std::future::Ready<Result<tonic::Response<Messages>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        std::future::ready(Ok(tonic::Response::new(Box::pin(request.into_inner()))))
    }
}
