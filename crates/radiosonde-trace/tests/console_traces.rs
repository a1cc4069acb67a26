//! Traces on the console.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_trace::{ConsoleTraces, FinishedSpan, SpanSink as _, TracePipeline};
use tracing::{error, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// A span with small ids; without a parent it is a local root.
fn span(trace: u8, id: u8, parent: Option<u8>) -> FinishedSpan {
    let span_id = |id| SpanId::from_bytes([id; 8]).unwrap();
    let trace = TraceId::from_bytes([trace; 16]).unwrap();
    let mut span =
        FinishedSpan::new(SpanContext::new(trace, span_id(id), TraceFlags::SAMPLED), format!("span {id}"));
    span.parent = parent.map(span_id);
    span
}

#[test]
fn a_trace_is_printed_when_its_local_root_ends() {
    let out = SharedBuffer::new();
    let pipeline = TracePipeline::builder(&Resource::new("test")).registry(&Registry::new());
    let pipeline = pipeline.sink(ConsoleTraces::new(out.clone())).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
        let root = info_span!("GET /orders/{id}", otel.kind = "server", tenant = "acme").entered();
        info_span!("price", currency = "EUR\x1b[2J").in_scope(|| error!("no price"));
        assert_eq!(out.text(), "", "the root is open");
        drop(root);
    });
    let text = out.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("trace ") && lines[0].ends_with(", 2 spans"), "{text}");
    assert!(lines[1].contains("█ GET /orders/{id} (server)  tenant=\"acme\""), "{text}");
    assert!(lines[2].contains("  price ERROR"), "{text}");
    assert!(lines[2].contains("currency=\"EUR\\u{1b}[2J\""), "{text}");
}

#[test]
fn what_does_not_fit_is_counted_and_printed() {
    let out = SharedBuffer::new();
    let console = ConsoleTraces::new(out.clone()).max_traces(1).max_spans(2);
    for id in 2..=5 {
        console.accept(span(1, id, Some(1)).encode());
    }
    for id in 2..=4 {
        console.accept(span(2, id, Some(1)).encode());
    }
    console.accept(span(1, 1, None).encode());
    let text = out.text();
    assert!(text.contains(", 3 spans\n"), "{text}");
    assert!(
        text.ends_with("  … and 2 more, which did not fit\n… 3 spans of other traces did not fit\n"),
        "{text}"
    );
    // It is printed once.
    console.accept(span(1, 1, None).encode());
    assert_eq!(out.text().matches("did not fit").count(), 2);
}

#[test]
fn spans_without_their_root_are_printed_after_a_while_or_by_a_flush() {
    let (out, clock) = (SharedBuffer::new(), ManualClock::new());
    let console =
        ConsoleTraces::new(out.clone()).max_age(Duration::from_secs(5)).clock(Arc::new(clock.clone()));
    console.accept(span(1, 2, Some(1)).encode());
    clock.advance(Duration::from_secs(4));
    console.accept(span(2, 3, Some(1)).encode());
    assert_eq!(out.text(), "");
    clock.advance(Duration::from_secs(1));
    console.accept(span(2, 4, Some(1)).encode());
    let text = out.text();
    assert!(text.contains("1 span, not complete\n") && text.contains("span 2\n"), "{text}");
    assert!(!text.contains("span 3"), "{text}");
    console.flush();
    assert!(out.text().contains("2 spans, not complete\n"), "{}", out.text());
    console.accept(span(3, 5, Some(1)).encode());
    drop(console);
    assert!(out.text().ends_with("span 5\n"), "{}", out.text());
}

/// A writer that waits until it may go on.
struct Slow {
    out: SharedBuffer,
    began: mpsc::Sender<()>,
    may: mpsc::Receiver<()>,
}

impl io::Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.began.send(()).unwrap();
        self.may.recv().unwrap();
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_thread_that_ends_a_span_does_not_wait_for_a_slow_terminal() {
    let out = SharedBuffer::new();
    let ((began, has_begun), (allow, may)) = (mpsc::channel(), mpsc::channel());
    let console = ConsoleTraces::new(Slow { out: out.clone(), began, may });
    std::thread::scope(|scope| {
        scope.spawn(|| console.accept(span(1, 1, None).encode()));
        has_begun.recv().unwrap();
        // The other thread writes. It takes these along.
        console.accept(span(2, 2, None).encode());
        console.accept(span(3, 3, None).encode());
        assert_eq!(out.text(), "");
        allow.send(()).unwrap();
        has_begun.recv().unwrap();
        allow.send(()).unwrap();
    });
    for id in 1..=3 {
        assert!(out.text().contains(&format!("span {id}\n")), "{}", out.text());
    }
}

/// Fails, or panics, until it is mended.
struct Broken {
    out: SharedBuffer,
    is_mended: Arc<AtomicBool>,
    panics: bool,
}

impl io::Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_mended.load(Ordering::SeqCst) {
            return self.out.write(bytes);
        }
        assert!(!self.panics, "in the writer");
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn traces_that_could_not_be_written_are_counted_and_printed() {
    for panics in [false, true] {
        let (out, is_mended) = (SharedBuffer::new(), Arc::new(AtomicBool::new(false)));
        let broken = Broken { out: out.clone(), is_mended: Arc::clone(&is_mended), panics };
        let console = ConsoleTraces::new(broken);
        console.accept(span(1, 1, None).encode());
        console.accept(span(2, 1, None).encode());
        is_mended.store(true, Ordering::SeqCst);
        console.accept(span(3, 3, None).encode());
        assert!(out.text().ends_with("span 3\n… 2 traces were not printed\n"), "{}", out.text());
        console.accept(span(4, 4, None).encode());
        assert_eq!(out.text().matches("not printed").count(), 1);
    }
}
