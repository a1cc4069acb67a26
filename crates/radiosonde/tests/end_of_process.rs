//! What is left of lines when the process ends: this test starts itself again as a child whose standard output is a pipe.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use radiosonde::appender::QueueOptions;
use radiosonde::log::{Line, LineSink, Writer};
use radiosonde::{LogOptions, Telemetry};
use tracing::error;

const CHILD: &str = "RADIOSONDE_TEST_CHILD";
const RUNS: usize = 20;

static KEPT: OnceLock<Telemetry> = OnceLock::new();

fn init() -> Telemetry {
    radiosonde::builder().service_name("orders").init().unwrap()
}

/// Writes one line and ends in the given way. The test harness runs this, and exits by itself where this returns.
#[allow(clippy::exit, reason = "what is tested")]
fn child(end: &str) {
    // Ends the line that the harness has begun.
    std::io::stdout().write_all(b"\n").unwrap();
    match end {
        "exit" => {
            let _telemetry = init();
            error!("last words");
            std::process::exit(0);
        }
        "exit on another thread" => {
            let _telemetry = init();
            error!("last words");
            thread::spawn(|| std::process::exit(0)).join().unwrap();
        }
        "static" => {
            let _ = KEPT.set(init());
            error!("last words");
        }
        "leaked" => {
            Box::leak(Box::new(init()));
            error!("last words");
        }
        "exit after shutdown" => {
            let telemetry = init();
            telemetry.shutdown_blocking(Duration::from_secs(10));
            error!("last words");
            std::process::exit(0);
        }
        "exit within a sink" => {
            let _telemetry =
                radiosonde::builder().service_name("orders").logs(|logs| logs.sink(Exits)).init().unwrap();
            error!("last words");
        }
        "exit within the writer" => {
            let queued = |writer: Writer| writer.queue(QueueOptions::new());
            let both = [Writer::stdout(), Writer::new("exits", ExitsWhenWritten)].map(queued);
            let builder = radiosonde::builder().logs(|logs| both.into_iter().fold(logs, LogOptions::writer));
            Box::leak(Box::new(builder.init().unwrap()));
            error!("last words");
            loop {
                thread::park();
            }
        }
        "exit with standard output held" => {
            let _telemetry = init();
            let _held = std::io::stdout().lock();
            error!("last words");
            std::process::exit(0);
        }
        "SIGTERM" => {
            let telemetry = init();
            let stop = radiosonde::shutdown_signal();
            // No reactor: the future works without the runtime's own signals.
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            assert!(runtime.block_on(telemetry.health().ready()).is_ok());
            // The signal comes at once, and with it the end of readiness.
            std::io::stderr().write_all(b"listening\n").unwrap();
            runtime.block_on(stop);
            assert!(!runtime.block_on(telemetry.health().ready()).is_ok());
            error!("last words");
            assert_eq!(telemetry.shutdown_blocking(Duration::from_secs(10)).left(), 0);
        }
        other => unreachable!("{other}"),
    }
}

struct Exits;

impl LineSink for Exits {
    #[allow(clippy::exit, reason = "what is tested")]
    fn accept(&self, _: &Line<'_>) {
        std::process::exit(0);
    }
}

struct ExitsWhenWritten;

impl std::io::Write for ExitsWhenWritten {
    #[allow(clippy::exit, reason = "what is tested")]
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        std::process::exit(0);
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn start(end: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["the_last_line_is_kept_however_the_process_ends", "--exact", "--nocapture"])
        .env(CHILD, end)
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How many of its lines came, of a child that ended well.
fn lines_of(child: Child) -> usize {
    let output = child.wait_with_output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{text}{errors}", output.status);
    // The harness may have begun the line.
    text.lines().filter(|line| line.contains("\"message\":\"last words\"") && line.ends_with('}')).count()
}

#[test]
fn the_last_line_is_kept_however_the_process_ends() {
    if let Ok(end) = std::env::var(CHILD) {
        return child(&end);
    }
    for end in ["exit", "exit on another thread", "static", "leaked", "exit after shutdown"] {
        let kept: usize = (0..RUNS).map(|_| lines_of(start(end))).sum();
        assert_eq!(kept, RUNS, "{end}");
    }
}

#[test]
fn the_shutdown_signal_keeps_all_lines_on_sigterm_and_ctrl_c() {
    for signal in ["-TERM", "-INT"] {
        let mut kept = 0;
        for _ in 0..RUNS / 2 {
            let mut child = start("SIGTERM");
            let mut errors = BufReader::new(child.stderr.take().unwrap());
            let mut line = String::new();
            while !line.ends_with("listening\n") {
                assert!(errors.read_line(&mut line).unwrap() > 0, "{line}");
            }
            let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
            assert!(status.success());
            let mut rest = String::new();
            errors.read_to_string(&mut rest).unwrap();
            kept += lines_of(child);
        }
        assert_eq!(kept, RUNS / 2, "{signal}");
    }
}

#[test]
fn one_signal_completes_every_future_and_those_that_are_made_later() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let futures = [radiosonde::shutdown_signal(), radiosonde::shutdown_signal()];
    // Dropped before the signal comes: nobody waits for it.
    drop(radiosonde::shutdown_signal());
    let waits = futures.map(|future| {
        thread::spawn(|| tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future))
    });
    let own = std::process::id().to_string();
    assert!(Command::new("kill").args(["-TERM", &own]).status().unwrap().success());
    waits.into_iter().for_each(|wait| wait.join().unwrap());
    runtime.block_on(radiosonde::shutdown_signal());
}

#[test]
fn an_exit_within_a_writer_or_with_its_output_held_does_not_hang() {
    // A sink has the line before the writer's queue does.
    for (end, lines) in
        [("exit within a sink", 0), ("exit within the writer", 1), ("exit with standard output held", 0)]
    {
        assert_eq!(lines_of(start(end)), lines, "{end}");
    }
}

#[test]
fn an_exit_does_not_wait_for_ever_for_an_output_that_nobody_reads() {
    let mut child = start("exit");
    // Read by nobody, and closed: the line cannot be written.
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(child.wait().unwrap().code().is_some(), "{errors}");
}
