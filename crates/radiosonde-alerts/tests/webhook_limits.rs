//! What a webhook receiver does with bodies that never end.
#![cfg(feature = "webhook")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use radiosonde_alerts::{WebhookAlert, WebhookError, WebhookHandler, WebhookReceiver};
use radiosonde_metrics::Registry;
use tower_service::Service as _;

#[derive(Debug)]
struct Nothing;

impl WebhookHandler for Nothing {
    async fn critical(&self, _: &WebhookAlert) -> Result<(), WebhookError> {
        Ok(())
    }

    async fn warning(&self, _: &WebhookAlert) -> Result<(), WebhookError> {
        Ok(())
    }
}

/// A body of empty frames that are always there, and counted.
#[derive(Debug)]
struct Empty(Arc<AtomicUsize>);

impl Body for Empty {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
    }
}

fn post(frames: &Arc<AtomicUsize>) -> Request<Empty> {
    let post = Request::post("/alerts").header("content-type", "application/json");
    post.body(Empty(Arc::clone(frames))).unwrap()
}

fn receiver(body_timeout: Duration) -> WebhookReceiver<Nothing> {
    WebhookReceiver::builder(Nothing).registry(&Registry::new()).body_timeout(body_timeout).build().unwrap()
}

#[test]
fn a_body_of_empty_frames_is_answered_408_at_its_deadline() {
    let (mut receiver, frames) = (receiver(Duration::from_millis(20)), Arc::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(receiver.call(post(&frames))).unwrap();
    assert_eq!(response.status().as_u16(), 408);
}

#[test]
fn a_body_that_is_always_ready_leaves_a_turn_to_other_tasks() {
    let (mut receiver, frames) = (receiver(Duration::from_secs(3600)), Arc::default());
    let mut answer = pin!(receiver.call(post(&frames)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(answer.as_mut().poll(&mut context).is_pending());
    assert_eq!(frames.load(Ordering::SeqCst), 128);
    assert!(answer.as_mut().poll(&mut context).is_pending());
    assert_eq!(frames.load(Ordering::SeqCst), 256);
}
