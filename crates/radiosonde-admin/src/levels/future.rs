use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http::{Request, Response, request};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::answering::body::AdminBody;
use crate::answering::refusal::Refusal;
use crate::levels::request::{MAX_BYTES, too_large};
use crate::levels::service::{Action, LevelsService};

pin_project! {
    /// The response of a [`LevelsService`]; needs no runtime.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct LevelsFuture<B> {
        service: LevelsService,
        action: Option<Result<Action, Refusal>>,
        read: Vec<u8>,
        #[pin]
        body: B,
    }
}

impl<B> LevelsFuture<B> {
    pub(crate) const fn new(service: LevelsService, action: Result<Action, Refusal>, body: B) -> Self {
        Self { service, action: Some(action), read: Vec::new(), body }
    }
}

impl<B: Body> Future for LevelsFuture<B> {
    type Output = Result<Response<AdminBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Polled after its end, it stays pending.
        let Some(action) = this.action else { return Poll::Pending };
        let read = match action {
            Ok(Action::Set { .. }) => Some(ready!(read_all(this.body, this.read, context))),
            _ => None,
        };
        let Some(action) = this.action.take() else { return Poll::Pending };
        let (done, is_head) = match (action, read) {
            (Err(refused), _) | (Ok(_), Some(Err(refused))) => (Err(refused), false),
            (Ok(Action::Show { is_head }), _) => (Ok(()), is_head),
            (Ok(Action::Reset { by }), _) => (this.service.reset(by.as_deref()), false),
            (Ok(Action::Set { media_type, change }), _) => {
                (change.read(media_type, this.read).and_then(|change| this.service.set(&change)), false)
            }
        };
        Poll::Ready(Ok(match done {
            Ok(()) => this.service.show(is_head),
            Err(refused) => refused.response(),
        }))
    }
}

fn read_all<B: Body>(
    mut body: Pin<&mut B>,
    read: &mut Vec<u8>,
    context: &mut Context<'_>,
) -> Poll<Result<(), Refusal>> {
    while let Some(frame) = ready!(body.as_mut().poll_frame(context)) {
        let Ok(frame) = frame else {
            return Poll::Ready(Err(Refusal::bad_request("the body is incomplete")));
        };
        // Trailers are ignored.
        let Ok(mut data) = frame.into_data() else { continue };
        if read.len() + data.remaining() > MAX_BYTES {
            return Poll::Ready(Err(too_large()));
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            let length = chunk.len();
            read.extend_from_slice(chunk);
            data.advance(length);
        }
    }
    Poll::Ready(Ok(()))
}

impl<B> Service<Request<B>> for LevelsService
where
    B: http_body::Body,
{
    type Response = Response<AdminBody>;
    type Error = Infallible;
    type Future = LevelsFuture<B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> LevelsFuture<B> {
        let (head, body) = request.into_parts();
        self.answer(&head, body, false)
    }
}

impl LevelsService {
    /// The response to a request: see [`begin`](Self::begin).
    pub(crate) fn answer<B>(&self, head: &request::Parts, body: B, is_trusted: bool) -> LevelsFuture<B> {
        LevelsFuture::new(self.clone(), self.begin(head, is_trusted), body)
    }
}
