//! Writers behind a queue: the effects of a stalled, slow, failing or full one, and how they are reported.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod gate;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use gate::Gate;
use radiosonde_appender::QueueOptions;
use radiosonde_core::{Clock as _, Level, Resource, SystemClock};
use radiosonde_log::{Format, JsonLayer, JsonLayerBuildError, LogHandle, LogOptions, Writer, fatal};
use radiosonde_metrics::Registry;
use radiosonde_queue::{Overflow, OverflowPolicy};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use tracing::{error, info, warn};
use tracing_subscriber::layer::SubscriberExt as _;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

fn builder(registry: &Registry) -> LogOptions {
    JsonLayer::builder(&Resource::new("orders"))
        .clock(Arc::new(ManualClock::new()))
        .registry(registry)
        .format(Format::Json)
}

/// Logs through the layer, which is dropped at the end.
fn while_logging(builder: LogOptions, work: impl FnOnce(&LogHandle)) {
    let layer = builder.build().unwrap();
    let handle = layer.handle();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || work(&handle));
}

fn parsed(buffer: &SharedBuffer) -> Vec<serde_json::Value> {
    let parse =
        |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    buffer.lines().iter().map(parse).collect()
}

fn messages(buffer: &SharedBuffer) -> Vec<String> {
    parsed(buffer).iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

fn dropped(registry: &Registry, reason: &str, level: &str) -> u64 {
    let name = format!(r#"radiosonde_log_dropped_total{{level="{level}",reason="{reason}",writer="test"}} "#);
    let text = registry.text();
    let value = text.lines().find_map(|line| line.strip_prefix(&name));
    value.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
}

/// Four lines, one of them in flight to a blocked writer.
fn full_queue(policy: OverflowPolicy) -> QueueOptions {
    QueueOptions::new().max_lines(4).overflow(policy)
}

fn fill(gate: &Gate) {
    info!("0");
    gate.wait_for(1);
    for at in 1..4 {
        info!("{at}");
    }
}

#[test]
fn the_newest_line_is_dropped_and_an_announcement_sums_up_by_level() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let options = full_queue(OverflowPolicy::all(Overflow::DropNewest));
    while_logging(
        builder(&registry).field("region", "eu-1").writer(Writer::new("test", writer).queue(options)),
        |_| {
            fill(&gate);
            for _ in 0..40 {
                info!("lost");
            }
            warn!("lost, too");
            error!("lost, too");
            gate.open();
        },
    );
    assert_eq!(messages(&buffer), ["0", "1", "2", "3", "42 log lines dropped"]);
    let line = &parsed(&buffer)[4];
    assert_eq!(
        line.to_string(),
        concat!(
            r#"{"level":"WARN","message":"42 log lines dropped","metadata":{"dropped":42,"levels":"INFO=40 WARN=1 ERROR=1","#,
            r#""reason":"queue_full","region":"eu-1","since":"2026-01-01T00:00:00.000Z","sink":"test"},"#,
            r#""module":"radiosonde::log","service":"orders","timestamp":"2026-01-01T00:00:00.000Z"}"#
        )
    );
    let counted = ["INFO", "WARN", "ERROR"].map(|level| dropped(&registry, "queue_full", level));
    assert_eq!(counted, [40, 1, 1]);
}

#[test]
fn the_oldest_lines_go_but_no_graver_and_no_audit_line() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let options = full_queue(OverflowPolicy::all(Overflow::DropOldest));
    while_logging(builder(&registry).writer(Writer::new("test", writer).queue(options)), |_| {
        info!("in flight");
        gate.wait_for(1);
        info!(target: "radiosonde::audit", "order 7 deleted");
        error!("grave");
        info!("old");
        warn!("in the place of old");
        info!("no line may be evicted for it");
        warn!("in the place of the other");
        gate.open();
    });
    assert_eq!(
        messages(&buffer),
        [
            "in flight",
            "order 7 deleted",
            "grave",
            "in the place of the other",
            "1 log line dropped",
            "2 log lines dropped"
        ]
    );
    assert_eq!(dropped(&registry, "evicted", "INFO"), 1);
    assert_eq!(dropped(&registry, "evicted", "WARN"), 1);
    assert_eq!(dropped(&registry, "queue_full", "INFO"), 1);
}

#[test]
fn nothing_goes_for_a_line_that_has_no_room_beside_the_one_on_its_way() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let options = QueueOptions::new().max_bytes(3000).overflow(OverflowPolicy::all(Overflow::DropOldest));
    let queued = Writer::new("test", writer).queue(options);
    while_logging(builder(&registry).max_line_bytes(3000).writer(queued), |_| {
        let long = "x".repeat(1500);
        info!("in flight {long}");
        gate.wait_for(1);
        info!("short");
        info!("{long}");
        gate.open();
    });
    let written: Vec<_> = messages(&buffer).iter().map(|message| message[..5].to_owned()).collect();
    assert_eq!(written, ["in fl", "short", "1 log"]);
    assert_eq!((dropped(&registry, "evicted", "INFO"), dropped(&registry, "queue_full", "INFO")), (0, 1));
}

#[test]
fn a_line_that_blocks_is_written_when_there_is_room() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let options =
        full_queue(OverflowPolicy::all(Overflow::DropNewest).level(Level::Error, Overflow::Block(LONG)));
    while_logging(builder(&registry).writer(Writer::new("test", writer).queue(options)), |_| {
        fill(&gate);
        let dispatch = tracing::dispatcher::get_default(tracing::Dispatch::clone);
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    tell.send(()).unwrap();
                    error!("patient");
                });
            });
            told.recv().unwrap();
            gate.open();
        });
    });
    assert_eq!(messages(&buffer), ["0", "1", "2", "3", "patient"]);
}

#[test]
fn a_wait_in_vain_is_counted_and_nobody_waits_again_for_a_writer_that_stands_still() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let policy = OverflowPolicy::all(Overflow::Block(LONG))
        .level(Level::Error, Overflow::Block(Duration::from_millis(1)));
    while_logging(builder(&registry).writer(Writer::new("test", writer).queue(full_queue(policy))), |_| {
        fill(&gate);
        error!("waits for a millisecond");
        // It would wait for a minute.
        let before = SystemClock.monotonic();
        warn!("waits no more");
        assert!(SystemClock.monotonic() - before < LONG / 2);
        gate.open();
    });
    assert_eq!(messages(&buffer), ["0", "1", "2", "3", "2 log lines dropped"]);
    assert_eq!((dropped(&registry, "timeout", "ERROR"), dropped(&registry, "timeout", "WARN")), (1, 1));
}

#[test]
fn audit_lines_have_an_eighth_to_themselves_and_then_wait() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let policy = OverflowPolicy::all(Overflow::DropNewest).audit_wait(Duration::from_millis(1));
    let queued = Writer::new("test", writer).queue(full_queue(policy).max_lines(16));
    while_logging(builder(&registry).writer(queued), |_| {
        fill(&gate);
        for _ in 0..20 {
            info!(target: "radiosonde::audit", "order 7 deleted");
        }
        info!("dropped at once");
        gate.open();
    });
    // Four lines before them, 16 at most, and two in the reserve.
    let written = messages(&buffer).iter().filter(|message| *message == "order 7 deleted").count();
    assert_eq!((written, dropped(&registry, "timeout", "INFO")), (14, 6));
    assert_eq!(dropped(&registry, "queue_full", "INFO"), 1);
}

#[test]
fn a_flush_waits_for_what_was_there_and_no_longer_than_its_deadline() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    while_logging(
        builder(&registry).writer(Writer::new("test", writer).queue(QueueOptions::new())),
        |logs| {
            assert!(logs.flush(Duration::ZERO), "there is nothing to wait for");
            info!("one");
            assert!(!logs.flush(Duration::from_millis(1)));
            assert_eq!(logs.report()[0].to_string(), "test: 1 lines taken, 0 written, 1 queued");
            gate.open();
            assert!(logs.flush(LONG));
            assert_eq!(messages(&buffer), ["one"]);
            assert_eq!(logs.report()[0].to_string(), "test: 1 lines taken, 1 written, 0 queued");
        },
    );
}

#[test]
fn a_fatal_line_is_written_before_the_next_statement() {
    let buffer = SharedBuffer::new();
    let queued = Writer::new("test", buffer.clone()).queue(QueueOptions::new());
    while_logging(builder(&Registry::new()).writer(queued).fatal_flush(LONG), |_| {
        info!("before");
        fatal!("the end");
        assert_eq!(messages(&buffer), ["before", "the end"]);
    });
}

#[test]
fn a_queue_that_was_closed_writes_directly_and_one_that_hangs_drops() {
    let (registry, buffer) = (Registry::new(), SharedBuffer::new());
    let queued = Writer::new("test", buffer.clone()).queue(QueueOptions::new());
    while_logging(builder(&registry).writer(queued), |logs| {
        info!("queued");
        assert!(logs.close(LONG));
        assert_eq!(messages(&buffer), ["queued"]);
        info!("direct");
        assert_eq!(messages(&buffer), ["queued", "direct"]);
        assert!(logs.close(Duration::ZERO) && logs.flush(Duration::ZERO), "it is closed already");
    });

    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    while_logging(
        builder(&registry).writer(Writer::new("test", writer).queue(QueueOptions::new())),
        |logs| {
            info!("in flight");
            gate.wait_for(1);
            info!("queued");
            assert!(!logs.close(Duration::from_millis(1)));
            assert_eq!(dropped(&registry, "shutdown", "INFO"), 1);
            warn!("too late");
            assert_eq!(dropped(&registry, "shutdown", "WARN"), 1);
            gate.open();
        },
    );
    assert!(buffer.lines().len() <= 1);
}

/// Refuses every line, each time after it is released; reports each attempt.
struct Refusing(mpsc::Sender<()>, mpsc::Receiver<()>);

impl Write for Refusing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        let _ = (self.0.send(()), self.1.recv());
        Err(io::Error::other("refused"))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_on_its_way_to_a_writer_that_refuses_is_given_up_with_the_queue() {
    let registry = Registry::new();
    let ((came, coming), (go_on, told)) = (mpsc::channel(), mpsc::channel());
    let writer = Writer::new("test", Refusing(came, told)).queue(QueueOptions::new());
    while_logging(builder(&registry).writer(writer), |logs| {
        info!("0");
        coming.recv_timeout(LONG).unwrap();
        // In one batch, since the first one is being written.
        (1..4).for_each(|at| info!("{at}"));
        go_on.send(()).unwrap();
        coming.recv_timeout(LONG).unwrap();
        assert!(!logs.close(Duration::from_millis(1)));
        drop(go_on);
    });
    // Until the thread is gone, and the writer with it.
    assert_eq!(coming.iter().count(), 0);
    assert_eq!((dropped(&registry, "write", "INFO"), dropped(&registry, "shutdown", "INFO")), (2, 2));
}

/// Accepts a few bytes at a time and refuses every third call, like a non-blocking pipe.
struct Trickle<W>(W, usize);

impl<W: Write> Write for Trickle<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(3) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.write(&bytes[..bytes.len().min(97)])
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_does_not_block_gets_every_line_whole() {
    let (registry, buffer) = (Registry::new(), SharedBuffer::new());
    let queued = Writer::new("test", Trickle(buffer.clone(), 0)).queue(QueueOptions::new());
    while_logging(builder(&registry).writer(queued), |logs| {
        for at in 0..30 {
            info!("{at}");
        }
        assert!(logs.flush(LONG));
    });
    assert_eq!(messages(&buffer), (0..30).map(|at| at.to_string()).collect::<Vec<_>>());
}

#[test]
fn an_output_that_does_not_block_gets_an_announcement_whole_and_once() {
    let (registry, gate) = (Registry::new(), Gate::default());
    let (writer, buffer) = gate.writer();
    let queued = Writer::new("test", Trickle(writer, 0)).queue(full_queue(OverflowPolicy::default()));
    while_logging(builder(&registry).writer(queued), |_| {
        fill(&gate);
        info!("lost");
        error!("waits until the timeout");
        gate.open();
    });
    let announced = ["1 log line dropped"; 2];
    assert_eq!(messages(&buffer), [&["0", "1", "2", "3"], &announced[..]].concat());
}

/// Fails within its second call, and panics at the start of the fourth.
struct Fails(SharedBuffer, usize);

impl Write for Fails {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        match self.1 {
            1 => self.0.write(&bytes[..10]),
            2 => Err(io::ErrorKind::StorageFull.into()),
            4 => panic!("a writer that panics, as the test wants"),
            _ => self.0.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failure_costs_the_line_in_which_it_happens() {
    let (registry, buffer) = (Registry::new(), SharedBuffer::new());
    let queued = Writer::new("test", Fails(buffer.clone(), 0)).queue(QueueOptions::new());
    while_logging(builder(&registry).writer(queued), |logs| {
        info!("refused");
        assert!(logs.flush(LONG));
        // Call 3 ends the torn line.
        info!("the writer panics");
        assert!(logs.flush(LONG));
        info!("written");
    });
    assert_eq!((dropped(&registry, "disk_full", "INFO"), dropped(&registry, "panicked", "INFO")), (1, 1));
    let text = buffer.take();
    let rest = text.strip_prefix("{\"timestam\n\n").unwrap_or_else(|| panic!("{text}"));
    let rest = SharedBuffer::new().tap(rest);
    assert_eq!(messages(&rest), ["written", "1 log line dropped", "1 log line dropped"]);
}

trait Tap {
    fn tap(self, text: &str) -> Self;
}

impl Tap for SharedBuffer {
    fn tap(mut self, text: &str) -> Self {
        self.write_all(text.as_bytes()).unwrap();
        self
    }
}

struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_costs_lines_and_nothing_else() {
    let registry = Registry::new();
    let queued = Writer::new("test", Broken).queue(QueueOptions::new());
    while_logging(builder(&registry).writer(queued), |logs| {
        for _ in 0..100 {
            info!("lost");
        }
        assert!(logs.flush(LONG));
        assert_eq!(logs.report()[0].written, 0);
    });
    assert_eq!(dropped(&registry, "write", "INFO"), 100);
}

#[test]
fn a_writer_that_flushes_its_own_layer_is_not_waited_for() {
    struct Flushes(mpsc::Receiver<LogHandle>, mpsc::Sender<bool>);
    impl Write for Flushes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Ok(logs) = self.0.try_recv() {
                self.1.send(logs.flush(LONG) || logs.close(LONG)).unwrap();
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let ((tell, told), (answer, answered)) = (mpsc::channel(), mpsc::channel());
    let queued = Writer::new("test", Flushes(told, answer)).queue(QueueOptions::new());
    while_logging(builder(&Registry::new()).writer(queued), |logs| {
        tell.send(logs.clone()).unwrap();
        info!("hi");
        assert!(!answered.recv().unwrap());
    });
}

#[test]
fn lines_of_many_threads_are_whole_and_in_order_and_everything_adds_up() {
    const THREADS: usize = 4;
    const EACH: usize = 2000;
    /// Writes in odd pieces and yields to other threads first.
    struct Slow(SharedBuffer);
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            std::thread::yield_now();
            self.0.write(&bytes[..bytes.len().min(10_007)])
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for overflow in [Overflow::DropNewest, Overflow::DropOldest, Overflow::Block(LONG)] {
        let (registry, buffer) = (Registry::new(), SharedBuffer::new());
        let options = QueueOptions::new().max_lines(300).overflow(OverflowPolicy::all(overflow));
        let queued = Writer::new("test", Slow(buffer.clone())).queue(options);
        while_logging(builder(&registry).writer(queued), |logs| {
            let dispatch = tracing::dispatcher::get_default(tracing::Dispatch::clone);
            std::thread::scope(|scope| {
                for thread in 0..THREADS {
                    let dispatch = &dispatch;
                    scope.spawn(move || {
                        tracing::dispatcher::with_default(dispatch, || {
                            for at in 0..EACH {
                                info!(thread, at, "{}", "x".repeat(at % 400));
                            }
                        });
                    });
                }
            });
            assert!(logs.close(LONG));
        });
        let mut next: HashMap<u64, u64> = HashMap::new();
        let (mut written, mut announced) = (0, 0);
        for line in parsed(&buffer) {
            let metadata = &line["metadata"];
            if let Some(lines) = metadata["dropped"].as_u64() {
                announced += lines;
                continue;
            }
            let (thread, at) = (metadata["thread"].as_u64().unwrap(), metadata["at"].as_u64().unwrap());
            assert_eq!(line["message"].as_str().unwrap().len() as u64, at % 400);
            let next = next.entry(thread).or_default();
            assert!(at >= *next, "{at} of {thread} after {next}");
            *next = at + 1;
            written += 1;
        }
        let lost = dropped(&registry, "queue_full", "INFO") + dropped(&registry, "evicted", "INFO");
        assert_eq!(lost, announced, "{overflow}");
        assert_eq!(written + lost, (THREADS * EACH) as u64, "{overflow}");
        assert_eq!(matches!(overflow, Overflow::Block(_)), lost == 0, "{overflow}: {lost} lost");
    }
}

#[test]
fn a_queue_that_holds_no_line_is_refused() {
    let refused = |options| match builder(&Registry::new()).writer(Writer::stderr().queue(options)).build() {
        Err(JsonLayerBuildError::Queue { writer: "stderr", invalid }) => invalid,
        other => panic!("{other:?}"),
    };
    let invalid = refused(QueueOptions::new().max_bytes(1000));
    assert_eq!(
        invalid.to_string(),
        "invalid queue option max_bytes 1000: expected 250000, the longest line, to 4294967295"
    );
    assert_eq!(refused(QueueOptions::new().max_lines(0)).option(), "max_lines");
}
