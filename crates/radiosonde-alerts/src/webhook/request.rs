use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Buf as _;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use http::{Method, request};
use http_body::Body;
use http_body_util::BodyExt as _;
use radiosonde_admin::Credentials;

use crate::webhook::refusal::Refusal;
use crate::webhook::timekeeper::Timekeeper;

/// Checks a request before its body is read. Without a list of accepted credentials, none are needed.
pub(super) fn check(
    head: &request::Parts,
    accepted: Option<&[Credentials]>,
    limit_bytes: usize,
) -> Result<(), Refusal> {
    if accepted.is_some_and(|accepted| !Credentials::are_shown(accepted, &head.headers)) {
        return Err(Refusal::Unauthorized);
    }
    if head.method != Method::POST {
        return Err(Refusal::Method);
    }
    if !is_json(&head.headers) {
        return Err(Refusal::ContentType);
    }
    let length =
        head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit_bytes as u64) {
        return Err(Refusal::TooLarge { limit_bytes });
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    let essence = text(CONTENT_TYPE).and_then(|value| value.split(';').next()).map_or("", str::trim);
    let is_plain = text(CONTENT_ENCODING).is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    is_plain && essence.eq_ignore_ascii_case("application/json")
}

/// After how many frames other tasks get their turn, if none had to be waited for.
const FRAMES_IN_A_TURN: usize = 128;

/// Reads a body of at most this many bytes until a deadline; trailers are ignored.
pub(super) async fn read<B: Body>(
    body: B,
    limit_bytes: usize,
    deadline: Duration,
) -> Result<Vec<u8>, Refusal> {
    let mut body = pin!(body);
    let (mut read, mut frames) = (Vec::new(), 0_usize);
    loop {
        // Frames may be empty, and always there.
        if frames > 0 && frames.is_multiple_of(FRAMES_IN_A_TURN) {
            yield_now().await;
        }
        let Some(frame) = body.frame().await else { return Ok(read) };
        if frames > 0 && Timekeeper::has_passed(deadline) {
            return Err(Refusal::BodyTimeout);
        }
        frames += 1;
        let Ok(frame) = frame else { return Err(Refusal::Incomplete) };
        let Ok(mut data) = frame.into_data() else { continue };
        if data.remaining() > limit_bytes - read.len() {
            return Err(Refusal::TooLarge { limit_bytes });
        }
        while data.has_remaining() {
            let length = data.chunk().len();
            read.extend_from_slice(data.chunk());
            data.advance(length);
        }
    }
}

/// Is pending once, and ready at once.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
