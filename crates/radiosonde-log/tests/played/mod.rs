//! Runs a case in a child process, since some panics end their process, and captures its output.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The variable with the case that the child runs.
const CASE: &str = "RADIOSONDE_TEST_PANIC";

pub(crate) struct Played {
    pub(crate) status: ExitStatus,
    /// The output lines that are JSON objects.
    pub(crate) lines: Vec<serde_json::Value>,
    pub(crate) stderr: String,
}

impl Played {
    pub(crate) fn messages(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line["message"].as_str().unwrap()).collect()
    }

    pub(crate) fn went_well(&self) -> &Self {
        // A thread that reports a panic may still print something after the end.
        assert!(self.status.success() && self.stderr.contains("the end\n"), "{}", self.stderr);
        self
    }
}

/// The code of the child, for a test named `child`.
#[allow(clippy::exit, reason = "the harness would write to the standard output")]
#[allow(clippy::print_stderr, reason = "the child responds on standard error")]
pub(crate) fn play(case: impl FnOnce(&str)) {
    // Ends the line that the harness has started.
    let _ = std::io::Write::write(&mut std::io::stdout(), b"\n");
    case(&std::env::var(CASE).unwrap());
    eprintln!("the end");
    std::process::exit(0);
}

/// Runs a case in a child; a child that hangs is killed, and the test fails.
pub(crate) fn played(case: &str, variables: &[(&str, &str)]) -> Played {
    let mut command = command(case);
    command.envs(variables.iter().copied());
    played_by(command.stdout(Stdio::piped()), case)
}

/// The command of a child for the case, without its standard output set.
pub(crate) fn command(case: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env_remove("RUST_BACKTRACE")
        .env_remove("RUST_LIB_BACKTRACE")
        .env(CASE, case);
    command
}

pub(crate) fn played_by(command: &mut Command, case: &str) -> Played {
    ended(command.stderr(Stdio::piped()).spawn().unwrap(), case)
}

/// Waits for a child to exit.
pub(crate) fn ended(mut child: Child, case: &str) -> Played {
    let (stdout, mut stderr) = (child.stdout.take(), child.stderr.take().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut err = String::new();
        let reads = thread::spawn(move || stderr.read_to_string(&mut err).map(|_| err));
        let mut out = String::new();
        stdout.map(|mut stdout| stdout.read_to_string(&mut out).unwrap());
        tell.send((out, reads.join().unwrap().unwrap()))
    });
    let Ok((stdout, stderr)) = told.recv_timeout(Duration::from_secs(120)) else {
        child.kill().unwrap();
        panic!("{case:?} hangs");
    };
    let objects = stdout.lines().filter(|line| line.starts_with('{'));
    let lines = objects.map(|line| serde_json::from_str(line).unwrap()).collect();
    Played { status: child.wait().unwrap(), lines, stderr }
}
