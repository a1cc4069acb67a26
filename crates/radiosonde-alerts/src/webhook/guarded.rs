use std::pin::Pin;
use std::task::{Context, Poll};

use radiosonde_core::survive;

/// A future of the user's. Its output is `None` if it panicked, when it was made, polled or dropped.
pub(super) struct Guarded<F> {
    /// `None` once it has panicked or was dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Guarded<F> {
    pub(super) fn new(make: impl FnOnce() -> F) -> Self {
        Self { future: survive(make).map(Box::pin) }
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        match survive(|| future.as_mut().poll(context)) {
            Some(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Some(Poll::Pending) => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

impl<F> Drop for Guarded<F> {
    fn drop(&mut self) {
        let future = self.future.take();
        // A panic in here is reported by the panic hook, and there is nothing else to do.
        let _ = survive(|| drop(future));
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};
    use std::panic::resume_unwind;
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    fn poll<F: Future>(guarded: Guarded<F>) -> Poll<Option<F::Output>> {
        pin!(guarded).poll(&mut Context::from_waker(Waker::noop()))
    }

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            resume_unwind(Box::new("dropped"));
        }
    }

    #[test]
    fn a_panic_is_an_output_wherever_it_happens() {
        assert_eq!(poll(Guarded::new(|| ready(1))), Poll::Ready(Some(1)));
        assert_eq!(poll(Guarded::new(pending::<u8>)), Poll::Pending);
        let polled = Guarded::new(|| poll_fn(|_| -> Poll<u8> { resume_unwind(Box::new("polled")) }));
        assert_eq!(poll(polled), Poll::Ready(None));
        let made = Guarded::new(|| -> std::future::Ready<u8> { resume_unwind(Box::new("made")) });
        assert_eq!(poll(made), Poll::Ready(None));
        let dropped = Guarded::new(|| async {
            let _panics = PanicsWhenDropped;
            pending::<u8>().await
        });
        assert_eq!(poll(dropped), Poll::Pending);
    }
}
