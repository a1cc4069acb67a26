//! A service that does what it is told.

use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower::Service;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Now,
    Error,
    Never,
    Panic,
}

/// Ready after `unready` polls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripted {
    pub(crate) unready: usize,
    pub(crate) fails_ready: bool,
}

impl Service<Answer> for Scripted {
    type Response = ();
    type Error = io::Error;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.fails_ready {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        match self.unready.checked_sub(1) {
            Some(left) => {
                self.unready = left;
                Poll::Pending
            }
            None => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, answer: Answer) -> Answering {
        Answering(answer)
    }
}

#[derive(Debug)]
pub(crate) struct Answering(Answer);

impl Future for Answering {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {
            Answer::Now => Poll::Ready(Ok(())),
            Answer::Error => Poll::Ready(Err(io::ErrorKind::NotFound.into())),
            Answer::Never => Poll::Pending,
            Answer::Panic => resume_unwind(Box::new("in the future")),
        }
    }
}
