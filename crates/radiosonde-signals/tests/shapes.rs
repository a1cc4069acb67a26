//! `#[observe]` on every shape of function that `#[tracing::instrument]` supports: each fails once and completes once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![deny(unused_braces)]

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use radiosonde_metrics::Registry;
use radiosonde_signals::observe;

type Outcome = Result<u32, String>;
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn outcome(fail: bool) -> Outcome {
    if fail { Err("no".to_owned()) } else { Ok(3) }
}

async fn later(fail: bool) -> Outcome {
    tokio::task::yield_now().await;
    outcome(fail)
}

/// On one line each: rustc judges the braces of such bodies only.
#[rustfmt::skip]
mod one_line {
    use std::future::{Future, pending, ready};

    use radiosonde_signals::observe;

    #[observe] pub(crate) async fn one_line_async() { ready(()).await }
    #[observe] pub(crate) async fn one_line_value() -> u32 { ready(3).await }
    #[observe] pub(crate) async fn one_line_never() -> ! { pending().await }
    #[observe] pub(crate) fn one_line_sync() -> u32 { u32::from(true) }
    #[observe] pub(crate) fn one_line_future() -> impl Future<Output = u32> { ready(3) }
}

#[tokio::test]
async fn a_body_on_one_line_is_observed_without_a_warning() {
    one_line::one_line_async().await;
    assert_eq!((one_line::one_line_value().await, one_line::one_line_future().await), (3, 3));
    assert_eq!(one_line::one_line_sync(), 1);
    drop(one_line::one_line_never());
}

#[async_trait::async_trait]
trait Store {
    async fn trait_method(&self, fail: bool) -> Outcome;

    #[observe]
    async fn trait_default(&self, fail: bool) -> Outcome {
        later(fail).await
    }
}

struct Shop;

#[async_trait::async_trait]
impl Store for Shop {
    #[observe]
    async fn trait_method(&self, fail: bool) -> Outcome {
        let amount = later(fail).await?;
        Ok(amount)
    }
}

impl Shop {
    #[observe]
    async fn by_arc(self: Arc<Self>, fail: bool) -> Outcome {
        later(fail).await
    }

    #[observe]
    fn lends<'a>(&'a mut self, text: &'a mut String, fail: bool) -> Result<&'a mut String, String> {
        outcome(fail)?;
        text.push('x');
        Ok(text)
    }

    #[observe]
    fn lends_later<'a>(&'a mut self, text: &'a mut String, fail: bool) -> impl Future<Output = Outcome> + 'a {
        async move {
            text.push('x');
            later(fail).await
        }
    }
}

#[observe]
fn boxed(fail: bool) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
    Box::pin(async move { later(fail).await })
}

#[observe]
fn boxed_early(fail: bool) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
    if fail {
        return Box::pin(async { Err("early".to_owned()) });
    }
    Box::pin(later(fail))
}

#[observe]
fn boxed_elsewhere(fail: bool) -> std::pin::Pin<std::boxed::Box<dyn std::future::Future<Output = Outcome>>> {
    into_box(later(fail))
}

fn into_box(work: impl Future<Output = Outcome> + 'static) -> Pin<Box<dyn Future<Output = Outcome>>> {
    Box::pin(work)
}

#[observe]
fn boxed_by_alias(fail: bool) -> Boxed<'static, Outcome> {
    Box::pin(async move { later(fail).await })
}

#[observe]
fn boxed_inner_function(fail: bool) -> Boxed<'static, Outcome> {
    async fn inner(fail: bool) -> Outcome {
        later(fail).await
    }
    // The type is an alias, so the block decides.
    Box::pin(async move { inner(fail).await })
}

#[observe]
fn opaque(fail: bool) -> impl Future<Output = Outcome> {
    async move { later(fail).await }
}

#[observe]
fn opaque_elsewhere(fail: bool) -> impl Future<Output = Outcome> + Send {
    if fail {
        return later(true);
    }
    later(fail)
}

#[observe]
fn early_return(fail: bool) -> Result<Box<dyn Display>, String> {
    if !fail {
        return Ok(Box::new(7));
    }
    let text = outcome(fail)?;
    Ok(Box::new(text))
}

#[observe]
async fn early_return_later(fail: bool) -> Result<Box<dyn Display + Send>, String> {
    if !fail {
        return Ok(Box::new(7));
    }
    let text = later(fail).await?;
    Ok(Box::new(text))
}

#[observe]
fn opaque_in_tuple(n: u32) -> (impl Iterator<Item = u32>, u32) {
    (0..n, n)
}

#[observe]
async fn opaque_in_tuple_later(n: u32) -> (impl Iterator<Item = u32>, u32) {
    (0..n, n)
}

#[observe]
async fn opaque_later(n: u32) -> impl Iterator<Item = u32> {
    0..n
}

#[observe]
async fn patterns<const N: usize, T>(
    (a, mut b): (u32, u32),
    [first, _]: [T; 2],
    _: [u8; N],
    fail: bool,
) -> Outcome
where
    T: Into<u32> + Copy,
{
    b += a;
    outcome(fail).map(|n| n + b + first.into())
}

/// # Safety
/// `value` points to a number.
#[observe]
#[allow(unsafe_code, reason = "an unsafe function is a shape")]
unsafe fn raw(value: *const u32, fail: bool) -> Outcome {
    // SAFETY: the caller's promise.
    let value = unsafe { *value };
    outcome(fail).map(|n| n + value)
}

#[observe]
extern "C" fn foreign(n: u32) -> u32 {
    n
}

#[observe]
#[allow(clippy::panic, reason = "it never returns")]
fn never(text: &str) -> ! {
    panic!("{text}")
}

#[observe]
async fn never_later(text: String) -> ! {
    tokio::task::yield_now().await;
    std::panic::resume_unwind(Box::new(text))
}

#[observe]
async fn forever() -> ! {
    loop {
        tokio::task::yield_now().await;
    }
}

static OPERATION: &str = "the function's own";

#[observe]
fn own_operation() -> &'static str {
    OPERATION
}

#[observe]
async fn own_operation_later() -> &'static str {
    const CALL: &str = "call";
    if OPERATION.is_empty() { CALL } else { OPERATION }
}

#[derive(Debug)]
#[allow(dead_code, reason = "it is an error that borrows")]
struct Borrowing<'a>(&'a str);

impl Display for Borrowing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Borrowing<'_> {}

#[observe]
fn borrowing_error(text: &str, fail: bool) -> Result<u32, Borrowing<'_>> {
    if fail { Err(Borrowing(text)) } else { Ok(1) }
}

#[observe]
fn generic_error<E: From<String>>(fail: bool) -> Result<u32, E> {
    Ok(outcome(fail)?)
}

fn assert_calls(text: &str, operation: &str, outcome: &str, times: u32) {
    let line = format!("operation_calls_total{{operation=\"{operation}\",outcome=\"{outcome}\"}} {times}\n");
    assert!(text.contains(&line), "no {line} in {text}");
}

#[tokio::test]
async fn every_shape_is_observed_to_its_end() {
    let mut shop = Shop;
    for fail in [false, true] {
        assert_eq!(Shop.trait_method(fail).await.is_err(), fail);
        assert_eq!(Shop.trait_default(fail).await.is_err(), fail);
        assert_eq!(Arc::new(Shop).by_arc(fail).await.is_err(), fail);
        assert_eq!(shop.lends(&mut String::new(), fail).is_err(), fail);
        assert_eq!(shop.lends_later(&mut String::new(), fail).await.is_err(), fail);
        assert_eq!(boxed(fail).await.is_err(), fail);
        assert_eq!(boxed_early(fail).await.is_err(), fail);
        assert_eq!(boxed_elsewhere(fail).await.is_err(), fail);
        assert_eq!(boxed_by_alias(fail).await.is_err(), fail);
        assert_eq!(boxed_inner_function(fail).await.is_err(), fail);
        assert_eq!(opaque(fail).await.is_err(), fail);
        assert_eq!(opaque_elsewhere(fail).await.is_err(), fail);
        assert_eq!(early_return(fail).is_err(), fail);
        assert_eq!(early_return_later(fail).await.is_err(), fail);
        assert_eq!(patterns((1, 2), [4_u16, 5], [0; 3], fail).await.is_err(), fail);
        #[allow(unsafe_code, reason = "an unsafe function is a shape")]
        // SAFETY: it points to a number.
        let read = unsafe { raw(&7, fail) };
        assert_eq!(read.is_err(), fail);
        assert_eq!(borrowing_error("no", fail).is_err(), fail);
        assert_eq!(generic_error::<String>(fail).is_err(), fail);
    }
    let text = Registry::global().text();
    for operation in [
        "trait_method",
        "trait_default",
        "by_arc",
        "lends",
        "lends_later",
        "boxed",
        "boxed_early",
        "boxed_elsewhere",
        "boxed_by_alias",
        "boxed_inner_function",
        "opaque",
        "opaque_elsewhere",
        "early_return",
        "early_return_later",
        "patterns",
        "raw",
        "borrowing_error",
        "generic_error",
    ] {
        assert_calls(&text, operation, "completed", 1);
        assert_calls(&text, operation, "failed", 1);
    }
}

#[tokio::test]
async fn what_cannot_fail_completes() {
    assert_eq!(opaque_in_tuple(3).0.count(), 3);
    assert_eq!(opaque_in_tuple_later(3).await.0.count(), 3);
    assert_eq!(opaque_later(3).await.count(), 3);
    assert_eq!(foreign(3), 3);
    assert_eq!(own_operation(), "the function's own");
    assert_eq!(own_operation_later().await, "the function's own");
    let text = Registry::global().text();
    for operation in [
        "opaque_in_tuple",
        "opaque_in_tuple_later",
        "opaque_later",
        "foreign",
        "own_operation",
        "own_operation_later",
    ] {
        assert_calls(&text, operation, "completed", 1);
    }
}

#[tokio::test]
async fn what_never_returns_panics_or_is_aborted() {
    assert!(std::panic::catch_unwind(|| never("as meant")).is_err());
    assert!(tokio::spawn(never_later("as meant".to_owned())).await.is_err());
    let forever = tokio::spawn(forever());
    tokio::task::yield_now().await;
    forever.abort();
    assert!(forever.await.is_err());
    let text = Registry::global().text();
    assert_calls(&text, "never", "panicked", 1);
    assert_calls(&text, "never_later", "panicked", 1);
    assert_calls(&text, "forever", "aborted", 1);
}
