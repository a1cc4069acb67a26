//! The previous hook reports a panic to standard error unless its line is known to be written, and our hook can neither
//! panic nor wait for another thread's lock. Each case is a separate process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "panics are what it is about")]

mod played;

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use played::{Played, command, ended, play, played, played_by};
use radiosonde_appender::QueueOptions;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Line, LineSink, LogOptions, PanicBacktrace, PanicHook, Writer};
use rustix::stdio::dup2_stdout;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, info_span};
use tracing_core::span::Current;
use tracing_subscriber::layer::SubscriberExt as _;

/// The standard output to use in the child: the harness would end if it could not write.
const STDOUT: &str = "RADIOSONDE_TEST_STDOUT";

fn builder() -> LogOptions {
    JsonLayer::builder(&Resource::new("orders")).format(Format::Json)
}

fn hook() -> PanicHook {
    PanicHook::new().backtrace(PanicBacktrace::Never).deadline(Duration::from_secs(60))
}

fn install(builder: LogOptions, hook: PanicHook) {
    let layer = builder.build().unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    hook.install().unwrap();
}

/// Runs a panic with this message on another thread.
fn panics(message: &'static str) {
    let work = move || panic!("{message}");
    thread::Builder::new().name("worker".into()).spawn(work).unwrap().join().unwrap_err();
}

/// A remote backend: lines that it accepts may never arrive.
struct Remote;

impl LineSink for Remote {
    fn accept(&self, _: &Line<'_>) {}
}

struct Refuses;

impl Write for Refuses {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("refused"))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fails if any method is called while its thread panics.
struct Fragile;

impl Fragile {
    fn check() {
        assert!(!thread::panicking(), "a subscriber is called while its thread panics");
    }
}

impl Subscriber for Fragile {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        Self::check();
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn event(&self, _: &Event<'_>) {
        Self::check();
    }
    fn clone_span(&self, id: &Id) -> Id {
        Self::check();
        id.clone()
    }
    fn current_span(&self) -> Current {
        Self::check();
        Current::none()
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Half of the tasks misuse `enter`, so that threads are in spans that others close; the other half panics.
fn tasks_that_hold_spans_and_panic() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let spans = (0..50).map(|_| {
            tokio::spawn(async {
                for _ in 0..200 {
                    let span = info_span!(parent: None, "held");
                    // Does what `Span::enter` does, whose guard the compiler does not let cross threads.
                    span.with_subscriber(|(id, dispatch)| dispatch.enter(id));
                    tokio::task::yield_now().await;
                    span.with_subscriber(|(id, dispatch)| dispatch.exit(id));
                }
            })
        });
        let panics = (0..50).map(|_| {
            tokio::spawn(async {
                for _ in 0..20 {
                    tokio::spawn(async {
                        let _span = info_span!(parent: None, "panics");
                        tokio::task::yield_now().await;
                        panic!("within a task");
                    })
                    .await
                    .unwrap_err();
                }
            })
        });
        for task in spans.chain(panics).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

/// Not a test: the code of the child process.
#[test]
#[ignore = "the child of the other tests"]
fn child() {
    play(|case| {
        match std::env::var(STDOUT).as_deref() {
            Ok("full") => dup2_stdout(File::options().write(true).open("/dev/full").unwrap()).unwrap(),
            Ok("broken") => dup2_stdout(UnixStream::pair().unwrap().0).unwrap(),
            _ => {}
        }
        panics_as(case);
    });
}

fn panics_as(case: &str) {
    match case {
        "direct" => {
            install(builder().writer(Writer::stdout()), hook());
            panics("direct");
        }
        "queued" => {
            install(builder().writer(Writer::stdout().queue(QueueOptions::new())), hook());
            panics("queued");
        }
        "ends the process" => {
            let layer = builder().writer(Writer::stdout().queue(QueueOptions::new())).build().unwrap();
            let hook = hook().flush(&layer.handle());
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
            hook.install().unwrap();
            let main = thread::Builder::new().name("main".into());
            main.spawn(|| panic!("ends the process")).unwrap().join().unwrap_err();
        }
        "stalled" => {
            let hook = hook().deadline(Duration::from_millis(50));
            install(builder().writer(Writer::stdout().queue(QueueOptions::new())), hook);
            // More than a pipe holds.
            (0..2000).for_each(|at| tracing::info!(at, "{}", "x".repeat(100)));
            panics("stalled");
        }
        "only to a sink" => {
            install(builder().sink(Arc::new(Remote)), hook());
            panics("only to a sink");
        }
        "one of two writers" => {
            install(builder().writer(Writer::new("broken", Refuses)).writer(Writer::stdout()), hook());
            panics("one of two writers");
        }
        "a subscriber of somebody else" => {
            tracing::subscriber::set_global_default(Fragile).unwrap();
            hook().install().unwrap();
            panics("a subscriber of somebody else");
        }
        "in tasks that hold spans" => {
            install(builder().writer(Writer::stdout()), hook());
            tasks_that_hold_spans_and_panic();
        }
        other => panic!("there is no case {other:?}"),
    }
}

fn told(played: &Played, message: &str) {
    let stderr = &played.went_well().stderr;
    assert!(stderr.contains("panicked at") && stderr.contains(message), "{message}: {stderr}");
}

#[test]
fn a_written_line_is_not_told_once_more() {
    for case in ["direct", "queued", "ends the process", "one of two writers"] {
        let played = played(case, &[]);
        assert_eq!(played.went_well().messages(), [format!("panicked: {case}")]);
        assert!(!played.stderr.contains("panicked at"), "{case}: {}", played.stderr);
    }
}

#[test]
fn a_panic_is_told_where_standard_output_is_full_or_its_reader_is_gone() {
    for case in ["direct", "queued", "ends the process"] {
        for stdout in ["full", "broken"] {
            told(&played(case, &[(STDOUT, stdout)]), case);
        }
    }
}

#[test]
fn a_panic_is_told_where_standard_output_is_closed_or_null() {
    for case in ["direct", "queued"] {
        told(&played_by(command(case).stdout(Stdio::null()), case), case);
        let inner = command(case);
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" >&-", "sh"]).arg(inner.get_program()).args(inner.get_args());
        let variables = inner.get_envs().filter_map(|(name, value)| Some((name, value?)));
        shell.envs(variables).env_remove("RUST_BACKTRACE");
        told(&played_by(&mut shell, case), case);
    }
}

#[test]
fn a_panic_is_told_where_standard_output_stalls() {
    let case = "stalled";
    let mut child = command(case).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let unread = child.stdout.take();
    told(&ended(child, case), case);
    drop(unread);
}

#[test]
fn a_panic_is_told_whose_line_is_not_written() {
    for case in ["only to a sink", "a subscriber of somebody else"] {
        told(&played(case, &[]), case);
    }
}

#[test]
fn panics_in_tasks_that_misuse_spans_do_not_abort() {
    let played = played("in tasks that hold spans", &[]);
    let written = played.went_well().lines.len();
    let told = played.stderr.matches("within a task").count();
    assert!(written + told >= 1000, "{written} lines and {told} messages");
}
