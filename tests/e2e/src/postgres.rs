use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::ready::Ready;

/// A running PostgreSQL with an empty database `postgres`, for the user `postgres` without a password, on a Unix socket only.
#[derive(Debug)]
pub struct Postgres {
    // First: ends before its folder goes away.
    process: Process,
    folder: TempDir,
}

/// The file of the socket on the default port, which is part of its name.
const SOCKET: &str = ".s.PGSQL.5432";

impl Postgres {
    /// Makes its data and starts it, which takes a few seconds.
    ///
    /// `None`, reported on stderr, when a program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// When it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        let initdb = Program::Initdb.path()?;
        let (process, folder) = start(Program::Postgres, |postgres| prepare(&initdb, postgres))?;
        Some(Self { process, folder })
    }

    /// The folder of its socket: the host, for clients.
    #[must_use]
    pub fn host(&self) -> &Path {
        self.folder.path()
    }

    /// The program: to stop, restart, pause it, and to read its output.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // After a kill, its processes and shared memory would stay for a while.
        self.process.interrupt();
    }
}

fn prepare(initdb: &Path, postgres: PathBuf) -> io::Result<(Launch, TempDir)> {
    let folder = TempDir::with_prefix("radiosonde-postgres-")?;
    let user = User::of_server()?;
    if let Some(user) = &user {
        chown(folder.path(), Some(user.uid), Some(user.gid))?;
    }
    let (path, arguments) = as_user(user.as_ref(), initdb.to_owned());
    let mut command = Command::new(path);
    command.args(arguments).current_dir(folder.path()).args(["--pgdata=data", "--username=postgres"]);
    command.args(["--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"]);
    let made = command.output()?;
    if !made.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()));
    }
    let (path, mut arguments) = as_user(user.as_ref(), postgres);
    let socket = folder.path().display().to_string();
    arguments.extend(["-D".to_owned(), "data".to_owned(), "-k".to_owned(), socket]);
    // Parallel tests have little shared memory, and no crash has to be survived.
    for setting in ["listen_addresses=", "dynamic_shared_memory_type=mmap", "fsync=off"] {
        arguments.extend(["-c".to_owned(), setting.to_owned()]);
    }
    let launch = Launch {
        program: Program::Postgres,
        path,
        arguments,
        variables: Vec::new(),
        folder: folder.path().to_owned(),
        ready: Ready::Postgres(folder.path().join(SOCKET)),
    };
    Ok((launch, folder))
}

/// The program and its first arguments, by which a user other than root runs it.
fn as_user(user: Option<&User>, program: PathBuf) -> (PathBuf, Vec<String>) {
    let Some(User { uid, gid }) = user else { return (program, Vec::new()) };
    let program = program.display().to_string();
    let arguments =
        vec![format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".into(), program];
    ("setpriv".into(), arguments)
}

/// The user that runs the server in place of root, which PostgreSQL refuses.
#[derive(Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// `None` if this process is not root's.
    fn of_server() -> io::Result<Option<Self>> {
        if id(&["-u"])? != Some(0) {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id(&["-u", name])?, id(&["-g", name])?) {
                return Ok(Some(Self { uid, gid }));
            }
        }
        Err(io::Error::other("expected a user postgres or nobody"))
    }
}

/// What the command `id` prints; `None` if it does not know the user.
fn id(arguments: &[&str]) -> io::Result<Option<u32>> {
    let output = Command::new("id").args(arguments).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}
