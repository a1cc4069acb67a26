//! Panics that become lines. The hook is global and some panics end the process, so each case is a separate process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "panics are what it is about")]

mod played;

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use played::{play, played};
use radiosonde_appender::QueueOptions;
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{Format, JsonLayer, PanicBacktrace, PanicHook, Writer};
use radiosonde_metrics::Registry;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, Identity, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

fn layer(writer: Writer) -> JsonLayer {
    JsonLayer::builder(&Resource::new("orders")).format(Format::Json).writer(writer).build().unwrap()
}

/// A subscriber for the whole process with another layer below ours.
fn subscribe(other: impl Layer<tracing_subscriber::Registry> + Send + Sync) {
    let subscriber = tracing_subscriber::registry().with(other).with(layer(Writer::stdout()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

fn hook() -> PanicHook {
    PanicHook::new().backtrace(PanicBacktrace::Never).deadline(Duration::from_secs(20))
}

/// Runs `work` on another thread, which is expected to panic.
fn panics(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name("worker".into()).spawn(work).unwrap().join().unwrap_err();
}

struct PanicsInDebug;

impl fmt::Debug for PanicsInDebug {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("within Debug")
    }
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("within a destructor")
    }
}

struct PanicsInWrite;

impl Write for PanicsInWrite {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("within a writer")
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value that takes long to format.
struct Slow;

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::park_timeout(Duration::from_millis(100));
        io::stdout().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Hangs;

impl Write for Hangs {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        loop {
            thread::park();
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A layer that formats values while it holds its span, as some do.
struct HoldsItsSpan;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for HoldsItsSpan {
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        struct Formats;
        impl Visit for Formats {
            fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
                let _ = format!("{value:?}");
            }
        }
        let span = ctx.event_span(event).unwrap();
        let _held = span.extensions_mut();
        event.record(&mut Formats);
    }
}

/// A layer that panics at the event of a panic.
struct PanicsToo;

impl<S: Subscriber> Layer<S> for PanicsToo {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        panic!("within a layer")
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<PanicsInDrop>> = const { RefCell::new(None) };
}

extern "C" fn cannot_unwind() {
    panic!("where nothing unwinds");
}

/// Not a test: the code of the child process.
#[test]
#[ignore = "the child of the other tests"]
fn child() {
    play(panics_as);
}

#[allow(
    clippy::too_many_lines,
    clippy::print_stderr,
    reason = "one arm for each case; the child responds on standard error"
)]
fn panics_as(case: &str) {
    let registry = Registry::new();
    match case {
        "in a span" => {
            subscribe(Identity::new());
            hook().registry(&registry).install().unwrap();
            panics(|| {
                let trace_id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
                let _current = SpanContext::new(trace_id, SpanId::random(), TraceFlags::SAMPLED).enter();
                let _span = info_span!("request", request_id = "r-1", tenant = "acme").entered();
                panic!("no order {}", 7);
            });
            panics(|| std::panic::panic_any(7));
            assert!(registry.text().contains("\npanics_total 2\n"), "{}", registry.text());
        }
        "with the previous hook" => {
            subscribe(Identity::new());
            hook().and_previous().install().unwrap();
            panics(|| panic!("told twice"));
        }
        "with a backtrace" => {
            subscribe(Identity::new());
            hook().backtrace(PanicBacktrace::Always).install().unwrap();
            panics(|| assert_eq!("seven".parse::<u8>().unwrap(), 7));
        }
        "with a backtrace by the environment" => {
            subscribe(Identity::new());
            hook().backtrace(PanicBacktrace::FromEnvironment).install().unwrap();
            panics(|| panic!("?"));
        }
        "without a subscriber" => {
            hook().registry(&registry).install().unwrap();
            panics(|| panic!("no subscriber"));
            assert!(registry.text().contains("\npanics_total 1\n"));
        }
        "that a filter disables" => {
            let layer =
                layer(Writer::stdout()).with_filter("orders".parse::<radiosonde_log::LogFilter>().unwrap());
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
            hook().install().unwrap();
            panics(|| panic!("not wanted"));
        }
        "within Debug" => {
            subscribe(Identity::new());
            hook().install().unwrap();
            info!(value = ?PanicsInDebug, "survives");
        }
        "within a writer" => {
            let layers = layer(Writer::new("broken", PanicsInWrite));
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layers)).unwrap();
            hook().install().unwrap();
            info!("lost");
        }
        "while its span is held" => {
            subscribe(HoldsItsSpan);
            hook().deadline(Duration::from_millis(50)).install().unwrap();
            panics(|| {
                let _span = info_span!("request").entered();
                info!(value = ?PanicsInDebug, "does not survive");
            });
        }
        "while standard output is held" => {
            subscribe(Identity::new());
            hook().deadline(Duration::from_millis(50)).install().unwrap();
            panics(|| {
                let _held = io::stdout().lock();
                panic!("while standard output is held");
            });
        }
        "that a layer answers with a panic" => {
            let subscriber = tracing_subscriber::registry().with(PanicsToo);
            tracing::subscriber::set_global_default(subscriber).unwrap();
            hook().registry(&registry).install().unwrap();
            panics(|| panic!("the first"));
            assert!(registry.text().contains("\npanics_total 2\n"));
        }
        "while unwinding" => {
            subscribe(Identity::new());
            hook().install().unwrap();
            let _second = PanicsInDrop;
            panic!("the first");
        }
        "where nothing unwinds" => {
            subscribe(Identity::new());
            hook().install().unwrap();
            cannot_unwind();
        }
        "where nothing unwinds, through a queue" => {
            let writer = Writer::new("slow", Slow).queue(QueueOptions::new());
            let layer = layer(writer);
            let hook = hook().flush(&layer.handle());
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
            hook.install().unwrap();
            cannot_unwind();
        }
        "through a queue that hangs" => {
            let layer = layer(Writer::new("hangs", Hangs).queue(QueueOptions::new()));
            let hook = hook().flush(&layer.handle()).deadline(Duration::from_millis(50));
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
            hook.install().unwrap();
            cannot_unwind();
        }
        "while the thread ends" => {
            subscribe(Identity::new());
            hook().install().unwrap();
            panics(|| {
                let _span = info_span!("request").entered();
                AT_THE_END.set(Some(PanicsInDrop));
                info!("ends");
            });
        }
        "in many threads at once" => {
            subscribe(Identity::new());
            hook().install().unwrap();
            thread::scope(|scope| {
                let threads: Vec<_> = (0..50).map(|at| scope.spawn(move || panic!("number {at}"))).collect();
                threads.into_iter().for_each(|thread| drop(thread.join()));
            });
        }
        "on a thread that panics" => {
            struct Installs;
            impl Drop for Installs {
                fn drop(&mut self) {
                    eprintln!("{}", hook().install().unwrap_err());
                }
            }
            panics(|| {
                let _installs = Installs;
                panic!("first");
            });
        }
        other => panic!("there is no case {other:?}"),
    }
}

#[test]
fn a_panic_is_one_line_with_the_fields_and_the_trace_of_its_span() {
    let played = played("in a span", &[("RUST_BACKTRACE", "1")]);
    assert_eq!(played.went_well().stderr, "the end\n", "nothing else is printed");
    let [line, other] = &played.lines[..] else { panic!("{:?}", played.lines) };
    assert_eq!(line["message"], "panicked: no order 7");
    assert_eq!((&line["level"], &line["module"]), (&"ERROR".into(), &"panic".into()));
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((&line["request_id"], &line["metadata"]["tenant"]), (&"r-1".into(), &"acme".into()));
    assert_eq!(line["metadata"]["panic.thread"], "worker");
    let location = line["metadata"]["panic.location"].as_str().unwrap();
    let (file, place) = location.split_once(':').unwrap();
    assert!(
        file.ends_with("panics.rs") && place.split(':').all(|part| part.parse::<u32>().is_ok()),
        "{location}"
    );
    assert!(line["metadata"]["panic.backtrace"].is_null());
    assert_eq!(other["message"], "panicked: Box<dyn Any>");
    assert!(other["trace_id"].is_null());
}

#[test]
fn the_previous_hook_runs_too_if_asked_to() {
    let played = played("with the previous hook", &[]);
    assert_eq!(played.went_well().messages(), ["panicked: told twice"]);
    assert!(played.stderr.contains("told twice"), "{}", played.stderr);
}

#[test]
fn a_backtrace_is_that_of_the_program() {
    let played = played("with a backtrace", &[]);
    let backtrace = played.went_well().lines[0]["metadata"]["panic.backtrace"].as_str().unwrap();
    // With debug information frames have a file, otherwise a path.
    assert!(backtrace.contains("panics.rs") || backtrace.contains("panics::"), "{backtrace}");
    for machinery in ["rust_begin_unwind", "panic_fmt", "PanicHook", "short_backtrace", "on_panic"] {
        assert!(!backtrace.contains(machinery), "{machinery}: {backtrace}");
    }
}

#[test]
fn the_environment_says_whether_there_is_a_backtrace() {
    let case = "with a backtrace by the environment";
    let backtrace = |variables: &[(&str, &str)]| {
        played(case, variables).lines[0]["metadata"]["panic.backtrace"].is_string()
    };
    assert!(!backtrace(&[]));
    assert!(backtrace(&[("RUST_BACKTRACE", "1")]));
    assert!(!backtrace(&[("RUST_BACKTRACE", "1"), ("RUST_LIB_BACKTRACE", "0")]));
}

#[test]
fn a_panic_that_cannot_become_a_line_is_told_by_the_previous_hook() {
    for (case, message) in [
        ("without a subscriber", "no subscriber"),
        ("that a filter disables", "not wanted"),
        ("within a writer", "within a writer"),
    ] {
        let played = played(case, &[]);
        assert!(played.went_well().stderr.contains(message), "{case}: {}", played.stderr);
        assert!(played.lines.is_empty(), "{case}: {:?}", played.lines);
    }
}

#[test]
fn a_panic_while_a_line_is_made_costs_a_value_and_is_a_line() {
    let played = played("within Debug", &[]);
    assert_eq!(played.went_well().messages(), ["panicked: within Debug", "survives"]);
    let line = played.lines.iter().find(|line| line["message"] == "survives").unwrap();
    assert_eq!(line["metadata"]["value"], "<fmt error>");
}

#[test]
fn a_thread_that_holds_what_its_line_needs_is_not_kept_waiting_for_ever() {
    for case in ["while its span is held", "while standard output is held"] {
        let played = played(case, &[]);
        assert!(played.went_well().stderr.contains("panicked at"), "{case}: {}", played.stderr);
    }
}

#[test]
fn a_panic_in_a_layer_is_one_more_panic_and_does_not_abort() {
    let played = played("that a layer answers with a panic", &[]);
    let stderr = &played.went_well().stderr;
    assert!(stderr.contains("within a layer") && stderr.contains("the first"), "{stderr}");
}

#[test]
fn what_ends_the_process_is_a_line_before() {
    for (case, message) in [
        ("while unwinding", "panicked: the first"),
        ("where nothing unwinds", "panicked: where nothing unwinds"),
        ("where nothing unwinds, through a queue", "panicked: where nothing unwinds"),
        ("where nothing unwinds, through a queue", "panicked: panic in a function that cannot unwind"),
        ("while the thread ends", "ends"),
    ] {
        let played = played(case, &[]);
        assert!(!played.status.success(), "{case}: {}", played.stderr);
        assert!(played.messages().contains(&message), "{case}: {:?} {}", played.messages(), played.stderr);
    }
}

#[test]
fn a_panic_whose_line_hangs_in_a_queue_while_the_process_ends_is_told_by_the_previous_hook() {
    let played = played("through a queue that hangs", &[]);
    assert!(!played.status.success() && played.lines.is_empty());
    assert!(played.stderr.contains("cannot unwind"), "{}", played.stderr);
}

#[test]
fn each_of_many_panics_at_once_is_told() {
    let played = played("in many threads at once", &[]);
    let mut messages = played.went_well().messages();
    messages.sort_unstable();
    let mut expected: Vec<_> = (0..50).map(|at| format!("panicked: number {at}")).collect();
    expected.sort_unstable();
    assert_eq!(messages, expected);
}

#[test]
fn a_thread_that_panics_cannot_install_it() {
    let played = played("on a thread that panics", &[]);
    let stderr = &played.went_well().stderr;
    assert!(stderr.contains("cannot install the panic hook on a panicking thread\n"), "{stderr}");
}

#[test]
fn a_clash_of_the_counter_is_an_error() {
    let registry = Registry::new();
    registry.counter("panics_total", "Of others.").labels(&["where"]).unwrap();
    let error = hook().registry(&registry).install().unwrap_err();
    assert_eq!(error.to_string(), "cannot register the counter of panics");
}
