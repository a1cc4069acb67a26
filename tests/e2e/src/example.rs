use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

use crate::wait::wait_for;

/// How long an example may take to print its first lines, and to exit. Moments on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A running program of `examples/`, built from the current sources. Killed when dropped.
///
/// Its output goes to files, so its log lines are JSON: standard output is not a terminal.
///
/// # Examples
/// ```no_run
/// use e2e::Example;
///
/// let quickstart = Example::start("quickstart", &["--listen", "127.0.0.1:0"], &[]);
/// let metrics = quickstart.says("metrics     ");
/// let ended = quickstart.end();
/// assert!(ended.status.success(), "{}", ended.stderr);
/// ```
pub struct Example {
    package: String,
    child: Child,
    folder: TempDir,
}

/// The result of an example that has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ended {
    /// The exit status.
    pub status: ExitStatus,
    /// Its log lines.
    pub stdout: String,
    /// Its messages for people, and its final report.
    pub stderr: String,
}

impl Example {
    /// Builds the package with `cargo build`, into the target folder that `CARGO_TARGET_DIR` names or the workspace's own,
    /// and starts it. Telemetry variables of this process are not passed on.
    ///
    /// # Panics
    /// If it cannot be built or started.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "an example that does not start fails the test")]
    pub fn start(package: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let program = match build(package) {
            Ok(program) => program,
            Err(error) => panic!("cannot build {package}: {error}"),
        };
        match run(&program, arguments, variables) {
            Ok((child, folder)) => Self { package: package.to_owned(), child, folder },
            Err(error) => panic!("cannot start {}: {error}", program.display()),
        }
    }

    /// Waits until it has written a line to stderr that starts with `start`, and returns the rest of that line.
    ///
    /// # Panics
    /// If it ends without such a line, or takes longer than a minute; with its actual output.
    #[must_use]
    #[track_caller]
    pub fn says(&self, start: &str) -> String {
        wait_for(&format!("{} to say {start:?}", self.package), LIMIT, || {
            let printed = self.stderr();
            // The last line may be incomplete.
            let whole = printed.rsplit_once('\n').map_or("", |(whole, _)| whole);
            let rest = whole.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
            Ok(rest.ok_or_else(|| format!("it printed:\n{printed}"))?)
        })
    }

    /// Its standard output so far: its log lines.
    #[must_use]
    pub fn stdout(&self) -> String {
        read(&self.folder.path().join("stdout"))
    }

    /// Its standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        read(&self.folder.path().join("stderr"))
    }

    /// Stops it with SIGTERM, like `docker stop`, and waits until it has ended.
    ///
    /// # Panics
    /// If it cannot be signalled, or has not ended after a minute.
    #[track_caller]
    #[expect(clippy::panic, reason = "an example that does not end fails the test")]
    #[must_use]
    pub fn end(mut self) -> Ended {
        // With the `kill` command: sending a signal from here would need `unsafe`, or a dependency for two lines.
        match Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status() {
            Ok(status) if status.success() => {}
            outcome => panic!("cannot end {}: {outcome:?}", self.package),
        }
        let status = wait_for(&format!("{} to end", self.package), LIMIT, || {
            Ok(self.child.try_wait()?.ok_or("it runs")?)
        });
        Ended { status, stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // Fails only for a program that has ended or cannot be ended.
        let _ = self.child.kill().and_then(|()| self.child.wait());
        if thread::panicking() {
            show(&self.package, &self.stderr());
        }
    }
}

impl fmt::Debug for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Example").field("package", &self.package).finish_non_exhaustive()
    }
}

/// With `eprintln!`: the test harness shows it only for a failed test.
#[expect(clippy::print_stderr, reason = "the output of a failing test")]
fn show(package: &str, stderr: &str) {
    eprintln!("--- {package} printed\n{stderr}");
}

fn read(file: &Path) -> String {
    fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The path of the package's program, as reported by Cargo, whatever target folder, profile and platform are set.
fn build(package: &str) -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut command = Command::new(cargo);
    // Variables that cargo set for this package; build scripts that read them would think that everything has changed.
    without(&mut command, &["CARGO_PKG_", "CARGO_MANIFEST_"]);
    let output = command
        .args(["build", "--quiet", "--message-format=json-render-diagnostics", "--package", package])
        .arg("--manifest-path")
        .arg(manifest)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .find(|artifact| artifact.target.name == package)
        .and_then(|artifact| artifact.executable)
        .ok_or_else(|| io::Error::other("cargo built no program of this name"))
}

/// The fields read from cargo's message about an artifact.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn run(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> io::Result<(Child, TempDir)> {
    let folder = TempDir::with_prefix("radiosonde-example-")?;
    let file = |name| File::create(folder.path().join(name));
    let mut command = Command::new(program);
    without(&mut command, &["OTEL_", "RADIOSONDE_", "RUST_LOG"]);
    let child = command
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(file("stdout")?)
        .stderr(file("stderr")?)
        .spawn()?;
    Ok((child, folder))
}

/// Removes this process's variables with these prefixes from a command.
fn without(command: &mut Command, starts: &[&str]) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if starts.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
}
