use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::answering::body::AdminBody;
use crate::answering::refusal::Refusal;
use crate::levels::request::{MAX_BYTES, too_large};
use crate::levels::service::{LevelsService, Task};

pin_project! {
    /// The answer of a [`LevelsService`], of any runtime.
    #[derive(Debug)]
    #[must_use = "nothing is answered or changed unless this is polled"]
    pub struct LevelsFuture<B> {
        service: LevelsService,
        task: Option<Result<Task, Refusal>>,
        read: Vec<u8>,
        #[pin]
        body: B,
    }
}

impl<B> LevelsFuture<B> {
    pub(crate) const fn new(service: LevelsService, task: Result<Task, Refusal>, body: B) -> Self {
        Self { service, task: Some(task), read: Vec::new(), body }
    }
}

impl<B: Body> Future for LevelsFuture<B> {
    type Output = Result<Response<AdminBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Polled after its end, it never ends again.
        let Some(task) = this.task else { return Poll::Pending };
        let read = match task {
            Ok(Task::Set { .. }) => Some(ready!(read_all(this.body, this.read, context))),
            _ => None,
        };
        let Some(task) = this.task.take() else { return Poll::Pending };
        let (done, is_head) = match (task, read) {
            (Err(refused), _) | (Ok(_), Some(Err(refused))) => (Err(refused), false),
            (Ok(Task::Show { is_head }), _) => (Ok(()), is_head),
            (Ok(Task::Reset { by }), _) => (this.service.reset(by.as_deref()), false),
            (Ok(Task::Set { form, wanted }), _) => {
                (wanted.read(form, this.read).and_then(|wanted| this.service.set(&wanted)), false)
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
            return Poll::Ready(Err(Refusal::bad_request("the body broke off")));
        };
        // Trailers say nothing here.
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
        LevelsFuture::new(self.clone(), self.begin(&head), body)
    }
}
