use std::env;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::program::Program;
use crate::ready::Ready;
use crate::wait::{Deadline, wait_for};

/// How long a backend may take until it is ready. Seconds on an idle machine.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// How often another set of ports is tried before giving up.
const PORT_ATTEMPTS: usize = 5;

/// Lines of the program's output that an error shows.
const TAIL: usize = 20;

/// The program to run, and how to detect that it is ready.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) program: Program,
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The working directory, which also contains `output.log`.
    pub(crate) folder: PathBuf,
    pub(crate) ready: Ready,
}

/// A backend's running program, with its output in a file. Ends when dropped.
///
/// Controls the faults of a backend during a test: [`stop`](Self::stop) and [`restart`](Self::restart) for an outage,
/// [`pause`](Self::pause) and [`resume`](Self::resume) for a hang.
///
/// Do not keep one in a `static`: it would never be dropped, and so never stopped.
pub struct Process {
    launch: Launch,
    child: Mutex<Option<Child>>,
}

impl Process {
    fn launch(launch: Launch) -> Result<Self, StartError> {
        let child = spawn(&launch).map_err(|error| StartError::new(&launch, Why::Spawn(error)))?;
        let process = Self { launch, child: Mutex::new(Some(child)) };
        process.wait_until_ready()?;
        Ok(process)
    }

    /// Ends the program at once, like a crash. Does nothing if it is already stopped.
    ///
    /// # Panics
    /// When the system refuses.
    #[expect(clippy::panic, reason = "a backend that cannot be stopped fails the test")]
    pub fn stop(&self) {
        let Some(mut child) = self.child().take() else { return };
        if let Err(error) = child.kill().and_then(|()| child.wait()) {
            panic!("cannot stop {}: {error}", self.launch.program);
        }
    }

    /// Asks the program to end, as Ctrl-C does, and waits a while for its end.
    pub(crate) fn interrupt(&self) {
        let Some(mut child) = self.child().take() else { return };
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        let deadline = Deadline::after(Duration::from_secs(10));
        while matches!(child.try_wait(), Ok(None)) && !deadline.passed() {
            deadline.rest();
        }
        // Fails if it has ended.
        let _ = child.kill().and_then(|()| child.wait());
    }

    /// Starts the program again on the same ports and with the same data, and waits until it is ready.
    ///
    /// # Panics
    /// When it is not ready in time, with the end of its output.
    #[expect(clippy::panic, reason = "a backend that does not come back fails the test")]
    pub fn restart(&self) {
        self.stop();
        let outcome = spawn(&self.launch)
            .map_err(|error| StartError::new(&self.launch, Why::Spawn(error)))
            .and_then(|child| {
                *self.child() = Some(child);
                self.wait_until_ready()
            });
        if let Err(error) = outcome {
            panic!("{error}");
        }
    }

    /// Freezes the program: its ports stay open, the system accepts connections for it, and it never responds.
    ///
    /// # Panics
    /// When the program is stopped, or the system refuses.
    pub fn pause(&self) {
        self.signal("-STOP");
        // The signal stops one thread after another, so one of them may still answer.
        wait_for("a stop of every thread", READY_LIMIT, || match self.running_threads() {
            0 => Ok(()),
            running => Err(format!("{running} threads run").into()),
        });
    }

    /// Threads that are not stopped; 0 on a system without `/proc`.
    fn running_threads(&self) -> usize {
        let id = self.child().as_ref().map(Child::id);
        let threads = id.and_then(|id| fs::read_dir(format!("/proc/{id}/task")).ok());
        let stats = threads.into_iter().flatten().flatten().filter_map(|thread| {
            // The name before the state may contain anything but ends in the last bracket.
            let stat = fs::read_to_string(thread.path().join("stat")).ok()?;
            stat.rsplit_once(')')?.1.trim_start().chars().next()
        });
        stats.filter(|state| *state != 'T').count()
    }

    /// Resumes a frozen program.
    ///
    /// # Panics
    /// When the program is stopped, or the system refuses.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// The program's output so far, stdout and stderr combined.
    #[must_use]
    pub fn output(&self) -> String {
        read_output(&self.launch)
    }

    /// The lines of [`output`](Self::output) with `level=warn`, `level=error` or worse, in any case.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.output().lines().filter(|line| is_complaint(line)).map(str::to_owned).collect()
    }

    /// With the `kill` command: sending a signal from here would need `unsafe`, or a dependency for two lines.
    #[expect(clippy::panic, reason = "a signal that cannot be sent fails the test")]
    fn signal(&self, signal: &str) {
        let child = self.child();
        let Some(child) = child.as_ref() else { panic!("{} is stopped", self.launch.program) };
        match Command::new("kill").arg(signal).arg(child.id().to_string()).status() {
            Ok(status) if status.success() => {}
            outcome => panic!("kill {signal} {}: {outcome:?}", self.launch.program),
        }
    }

    fn wait_until_ready(&self) -> Result<(), StartError> {
        let deadline = Deadline::after(READY_LIMIT);
        loop {
            let answered = self.launch.ready.answers(Duration::from_secs(1));
            // Checked after the response: if another program has our port, that one responded, and ours has ended.
            if let Some(status) = self.ended() {
                return Err(StartError::new(&self.launch, Why::Ended(status)));
            }
            if answered {
                return Ok(());
            }
            if deadline.passed() {
                return Err(StartError::new(&self.launch, Why::NotReady));
            }
            deadline.rest();
        }
    }

    fn ended(&self) -> Option<ExitStatus> {
        self.child().as_mut().and_then(|child| child.try_wait().ok().flatten())
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child().take() {
            // Fails only for a program that cannot be ended.
            let _ = child.kill().and_then(|()| child.wait());
        }
        if thread::panicking() {
            show_tail(&self.launch);
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("program", &self.launch.program).finish_non_exhaustive()
    }
}

/// Starts a backend, again with other ports if another process takes one of them.
///
/// `None` if the program is missing and not required.
///
/// # Panics
/// If it does not start, with the end of its output.
#[track_caller]
pub(crate) fn start<B>(
    program: Program,
    make: impl Fn(PathBuf) -> io::Result<(Launch, B)>,
) -> Option<(Process, B)> {
    program.path().map(|path| start_at(&path, make))
}

#[track_caller]
#[expect(clippy::panic, reason = "a backend that does not start fails the test")]
fn start_at<B>(path: &Path, make: impl Fn(PathBuf) -> io::Result<(Launch, B)>) -> (Process, B) {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let (launch, backend) = match make(path.to_owned()) {
            Ok(made) => made,
            Err(error) => panic!("cannot prepare {}: {error}", path.display()),
        };
        match Process::launch(launch) {
            Ok(process) => return (process, backend),
            Err(error) if error.port_was_taken() && attempts < PORT_ATTEMPTS => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn spawn(launch: &Launch) -> io::Result<Child> {
    let output = OpenOptions::new().create(true).append(true).open(output_file(&launch.folder))?;
    let mut command = Command::new(&launch.path);
    command.args(&launch.arguments).current_dir(&launch.folder);
    // Variables for the tested services, or for proxies, are not passed to the backends.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OTEL_") || text.to_ascii_lowercase().ends_with("_proxy") {
            command.env_remove(&name);
        }
    }
    command.envs(launch.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn()
}

fn output_file(folder: &Path) -> PathBuf {
    folder.join("output.log")
}

fn read_output(launch: &Launch) -> String {
    fs::read(output_file(&launch.folder))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// With `eprintln!`: the test harness shows it only for a failed test.
#[expect(clippy::print_stderr, reason = "the output of a failing test")]
fn show_tail(launch: &Launch) {
    eprintln!("--- {} ended with\n{}", launch.program, tail(&read_output(launch)));
}

fn is_complaint(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    // logfmt of Prometheus, Alertmanager and Loki; tab separated zap of Jaeger.
    ["level=warn", "level=error", "level=fatal", "\twarn\t", "\terror\t", "\tfatal\t", "panic:"]
        .iter()
        .any(|mark| line.contains(mark))
}

/// Why a backend did not become ready.
#[derive(Debug)]
struct StartError {
    program: Program,
    why: Why,
    tail: String,
}

#[derive(Debug)]
enum Why {
    Spawn(io::Error),
    Ended(ExitStatus),
    NotReady,
}

impl StartError {
    fn new(launch: &Launch, why: Why) -> Self {
        Self { program: launch.program, why, tail: tail(&read_output(launch)) }
    }

    fn port_was_taken(&self) -> bool {
        matches!(self.why, Why::Ended(_)) && self.tail.contains("address already in use")
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Spawn(error) => write!(f, "cannot start {}: {error}", self.program)?,
            Why::Ended(status) => write!(f, "{} ended while starting: {status}", self.program)?,
            Why::NotReady => write!(f, "{} is not ready after {READY_LIMIT:?}", self.program)?,
        }
        write!(f, "\n--- the end of its output\n{}", self.tail)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_complaint_is_told_from_an_ordinary_line() {
        assert!(is_complaint(
            "time=2026-01-01T00:00:00Z level=WARN source=scrape.go:1 msg=\"Error on ingesting\""
        ));
        assert!(is_complaint("level=error ts=2026-01-01 caller=x.go:1 msg=no"));
        assert!(is_complaint("2026-01-01T00:00:00.000Z\twarn\tx.go:1\tno\t{}"));
        assert!(!is_complaint("time=2026-01-01T00:00:00Z level=INFO msg=\"no errors, no warnings\""));
    }

    #[test]
    fn the_tail_is_the_last_lines() {
        let output: String = (0..50).map(|n| format!("line {n}\n")).collect();
        let tail = tail(&output);
        assert!(tail.starts_with("line 30\n") && tail.ends_with("line 49"), "{tail}");
    }

    /// A shell in place of a backend; this process responds for it.
    fn shell(script: &str, folder: &TempDir) -> io::Result<Launch> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let ready = format!("http://{}", listener.local_addr()?);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 1024]);
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Ok(Launch {
            program: Program::Loki,
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            variables: Vec::new(),
            folder: folder.path().to_owned(),
            ready: Ready::Http(ready),
        })
    }

    #[test]
    fn a_port_that_someone_else_took_is_tried_again_with_others() {
        let attempts = Cell::new(0);
        let (process, _folder) = start_at(Path::new("/bin/sh"), |_| {
            attempts.set(attempts.get() + 1);
            let folder = TempDir::new()?;
            let taken = "echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1";
            let mut launch = shell(if attempts.get() < 3 { taken } else { "exec sleep 600" }, &folder)?;
            if attempts.get() < 3 {
                // No process responds for a program that could not listen.
                launch.ready = Ready::Http(format!("http://127.0.0.1:{}", crate::free_port()));
            }
            Ok((launch, folder))
        });
        assert_eq!((attempts.get(), process.ended()), (3, None));
    }

    #[test]
    #[should_panic(
        expected = "loki ended while starting: exit status: 3\n--- the end of its output\nno such field"
    )]
    fn a_program_that_ends_while_starting_says_why() {
        start_at(Path::new("/bin/sh"), |_| {
            let folder = TempDir::new()?;
            let mut launch = shell("echo 'no such field'; exit 3", &folder)?;
            launch.ready = Ready::Http(format!("http://127.0.0.1:{}", crate::free_port()));
            Ok((launch, folder))
        });
    }

    #[test]
    fn a_dropped_process_has_ended() {
        let folder = TempDir::new().unwrap();
        let process = Process::launch(shell("exec sleep 600", &folder).unwrap()).unwrap();
        let id = process.child().as_ref().unwrap().id().to_string();
        let alive =
            || Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status().unwrap().success();
        assert!(alive());
        process.pause();
        drop(process);
        assert!(!alive());
    }
}
