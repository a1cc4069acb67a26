//! Log files while the disk is full, folders disappear and signals arrive: each line is in a file once, or counted as
//! dropped.
//!
//! Uses a small mounted file system where mounting is permitted, and otherwise a limit on the size of files.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use radiosonde_appender::{FileOptions, QueueOptions};
use radiosonde_core::{Clock as _, Resource, SystemClock};
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use tracing::{Dispatch, info};
use tracing_subscriber::layer::SubscriberExt as _;

/// Passes the folder to the process that runs the test.
const FOLDER: &str = "RADIOSONDE_TEST_FOLDER";
/// The exit status of the shell if nothing can be mounted.
const NO_MOUNT: i32 = 97;

/// Runs `test` again in a process that `command` starts; returns whether it ran.
fn run_again(test: &str, command: &[&str], folder: &Path) -> bool {
    // Through pipes: the limits of that process are for its log files, and standard output may be a longer file.
    let output = Command::new(command[0])
        .args(&command[1..])
        .arg(folder)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .output();
    match output {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        // `unshare` itself exits with 1; a failed test exits with 101.
        Ok(output) if matches!(output.status.code(), Some(1 | NO_MOUNT)) => false,
        output => {
            let output = output.unwrap();
            let written = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&written));
            true
        }
    }
}

/// The mounted folder, in the process that has it; `None` in the one that waited for that process.
fn small_disk(test: &str, kilobytes: u32) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!(r#"mount -t tmpfs -o size={kilobytes}k tmpfs "$0" || exit {NO_MOUNT}; exec "$@""#);
    if !run_again(test, &["unshare", "-rm", "sh", "-c", &script], folder.path()) {
        eprintln!("{test}: not run: no file system can be mounted here");
    }
    None
}

/// Threads that log as many lines as they are permitted.
struct Load {
    registry: Registry,
    allowed: Arc<AtomicU64>,
    made: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<()>>,
}

const THREADS: u64 = 4;
const STOP: u64 = u64::MAX;

impl Load {
    fn start(writer: Writer) -> Self {
        let registry = Registry::new();
        let layer = JsonLayer::builder(&Resource::new("orders"))
            .registry(&registry)
            .format(Format::Json)
            .writer(writer)
            .build()
            .unwrap();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        let (allowed, made) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let threads = (0..THREADS)
            .map(|thread| {
                let (dispatch, allowed, made) = (dispatch.clone(), Arc::clone(&allowed), Arc::clone(&made));
                thread::spawn(move || {
                    let pad = "x".repeat(100);
                    tracing::dispatcher::with_default(&dispatch, || {
                        // SeqCst: its cost does not matter here.
                        for line in 0.. {
                            loop {
                                match allowed.load(Ordering::SeqCst) {
                                    STOP => return,
                                    lines if line < lines => break,
                                    _ => thread::yield_now(),
                                }
                            }
                            info!(pad, "{thread}/{line}");
                            made.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                })
            })
            .collect();
        Self { registry, allowed, made, threads }
    }

    /// Logs this many lines in each thread, and runs `meanwhile` when half of them are logged.
    fn log(&self, lines: u64, meanwhile: impl FnOnce()) {
        let before = self.made.load(Ordering::SeqCst);
        self.allowed.fetch_add(lines, Ordering::SeqCst);
        let wait_for = |lines| {
            while self.made.load(Ordering::SeqCst) < before + lines * THREADS {
                assert!(!self.threads.iter().any(|thread| thread.is_finished()));
                thread::yield_now();
            }
        };
        wait_for(lines / 2);
        meanwhile();
        wait_for(lines);
    }

    /// Ends the threads, and the layer with them. Returns the number of lines logged.
    fn stop(&mut self) -> u64 {
        self.allowed.store(STOP, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
        self.made.load(Ordering::SeqCst)
    }

    /// The sum over all label sets that contain `part`.
    fn count(&self, name: &str, part: &str) -> u64 {
        let text = self.registry.text();
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(part));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}

/// The number of times each message was found. Every line must be complete.
#[derive(Default)]
struct Found(HashMap<String, u32>);

impl Found {
    fn read(&mut self, name: &OsStr, mut file: File) {
        let mut text = String::new();
        if Path::new(name).extension() == Some(OsStr::new("gz")) {
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        } else {
            file.read_to_string(&mut text).unwrap();
        }
        assert!(text.is_empty() || text.ends_with('\n'), "{name:?} is torn");
        for line in text.lines() {
            let line: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{name:?}: {error}: {line:?}"));
            *self.0.entry(line["message"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }

    fn read_folder(&mut self, folder: &Path) {
        for (name, file) in open_all(folder) {
            self.read(&name, file);
        }
    }
}

/// Opens the log files of a folder in which none is moved or removed.
fn open_all(folder: &Path) -> Vec<(std::ffi::OsString, File)> {
    fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            // The folder was moved before one of them could be removed.
            let is_there_twice = folder.join(format!("{name}.gz")).exists();
            let is_finished = !name.ends_with(".tmp") && !is_there_twice;
            is_finished.then(|| (entry.file_name(), File::open(entry.path()).unwrap()))
        })
        .collect()
}

fn hang_up() {
    let command = format!("kill -HUP {}", std::process::id());
    assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
}

/// Moves the folder as soon as the writer has created it again.
fn move_away(folder: &Path, to: &Path) {
    let start = SystemClock.monotonic();
    while let Err(error) = fs::rename(folder, to) {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(SystemClock.monotonic() - start < Duration::from_secs(60), "it is not created");
        thread::yield_now();
    }
}

/// Fills the disk.
fn fill(path: &Path) {
    let mut ballast = File::options().append(true).create(true).open(path).unwrap();
    let error = loop {
        if let Err(error) = ballast.write_all(&[b'x'; 4096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

#[test]
fn every_line_is_in_a_file_once_or_counted_as_dropped() {
    if let Some(disk) = small_disk("every_line_is_in_a_file_once_or_counted_as_dropped", 8192) {
        let load = through_faults(&disk, |writer| writer);
        assert!(load.count("radiosonde_log_dropped_total", "disk_full") > 1000, "no line was refused");
    }
}

#[test]
fn lines_in_a_queue_are_in_a_file_once_or_counted_as_dropped() {
    if let Some(disk) = small_disk("lines_in_a_queue_are_in_a_file_once_or_counted_as_dropped", 8192) {
        let load = through_faults(&disk, |writer| writer.queue(QueueOptions::new().max_lines(500)));
        assert!(
            load.count("radiosonde_log_dropped_total", "queue_full") > 1000,
            "all found room in the queue"
        );
        assert_eq!(load.count("radiosonde_log_dropped_total", "disk_full"), 0, "lines waited");
    }
}

/// Signals, moved and removed folders, and a full disk, each of them under load, and then the sum.
fn through_faults(disk: &Path, with: impl FnOnce(Writer) -> Writer) -> Load {
    let (logs, ballast) = (disk.join("logs"), disk.join("ballast"));
    let options = FileOptions::new().rotate_at_bytes(64 << 10).gzip(true).reopen_on_sighup();
    let mut load = Load::start(with(Writer::file_with(logs.join("orders.log"), options).unwrap()));
    let mut moved = Vec::new();
    let mut removed = Vec::new();
    for round in 0..3 {
        load.log(500, hang_up);
        load.log(500, || {
            let to = disk.join(format!("moved-{round}"));
            move_away(&logs, &to);
            moved.push(to);
        });
        load.log(500, || {
            // Removed while it is being written to: the files stay open here, so that their lines can be counted.
            let doomed = disk.join("doomed");
            move_away(&logs, &doomed);
            removed.extend(open_all(&doomed));
            fs::remove_dir_all(&doomed).unwrap();
        });
        load.log(500, || fill(&ballast));
        load.log(500, hang_up);
        fs::remove_file(&ballast).unwrap();
        load.log(500, || {});
    }
    let made = load.stop();

    let mut found = Found::default();
    found.read_folder(&logs);
    moved.iter().for_each(|folder| found.read_folder(folder));
    let twice: Vec<_> = found.0.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.iter().all(|(message, _)| !message.contains('/')), "{twice:?}");
    // A line that went to a file after it was removed is written again.
    removed.into_iter().for_each(|(name, file)| found.read(&name, file));
    let dropped = load.count("radiosonde_log_dropped_total", "");
    // Lines in which a queue reports drops are additional.
    let announced = found.0.extract_if(|message, _| !message.contains('/')).count();
    assert_eq!(load.count("radiosonde_log_lines_total", ""), made);
    assert_eq!(found.0.len() as u64 + dropped, made, "{dropped} dropped, announced in {announced} lines");
    assert!(load.count("radiosonde_log_file_rotations_total", "") > 0);
    assert_eq!(load.count("radiosonde_log_file_failures_total", "take_back"), 0);
    eprintln!("{made} lines: {} found, {dropped} dropped", found.0.len());
    load
}

#[test]
fn old_files_make_room_for_new_lines() {
    let Some(disk) = small_disk("old_files_make_room_for_new_lines", 512) else { return };
    let options = FileOptions::new().rotate_at_bytes(64 << 10).keep_total_bytes(1 << 30).gzip(true);
    let mut load = Load::start(Writer::file_with(disk.join("logs/orders.log"), options).unwrap());
    // In the end not even compressed files fit.
    fill(&disk.join("ballast"));
    File::options().write(true).open(disk.join("ballast")).unwrap().set_len(200 << 10).unwrap();
    for _ in 0..10 {
        load.log(1000, || {});
    }
    load.log(10, || {});
    load.stop();
    let dropped = load.count("radiosonde_log_dropped_total", "");
    assert_eq!(dropped, 0, "each line had room when it was logged: {}", load.registry.text());
    assert!(load.count("radiosonde_log_file_removed_total", "disk_full") > 0);
    let mut found = Found::default();
    found.read_folder(&disk.join("logs"));
    assert_eq!(found.0.values().filter(|times| **times > 1).count(), 0);
    for thread in 0..THREADS {
        for line in 10_000..10_010 {
            assert!(found.0.contains_key(&format!("{thread}/{line}")), "the last ones are kept");
        }
    }
}

#[test]
fn old_files_stay_while_removing_them_makes_no_room() {
    let Some(disk) = small_disk("old_files_stay_while_removing_them_makes_no_room", 512) else { return };
    let options = FileOptions::new().rotate_at_bytes(16 << 10).keep_total_bytes(1 << 30);
    let logs = disk.join("logs");
    let mut load = Load::start(Writer::file_with(logs.join("orders.log"), options).unwrap());
    while load.count("radiosonde_log_file_rotations_total", "") < 12 {
        load.log(10, || {});
    }
    let held = open_all(&logs);
    fill(&disk.join("ballast"));
    let start = SystemClock.monotonic();
    load.log(100, || {});
    let most = 1 + (SystemClock.monotonic() - start).as_secs();
    let removed = load.count("radiosonde_log_file_removed_total", "disk_full");
    assert!((1..=most).contains(&removed), "{removed} of {} files", held.len());
    drop(held);
    load.stop();
}

#[test]
fn a_process_that_is_killed_leaves_what_it_wrote_and_the_next_goes_on() {
    const NAME: &str = "a_process_that_is_killed_leaves_what_it_wrote_and_the_next_goes_on";
    if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
        let options = FileOptions::new().rotate_at_bytes(64 << 10).gzip(true);
        let load = Load::start(Writer::file_with(folder.join("orders.log"), options).unwrap());
        // Until it is killed.
        for hundreds in 1.. {
            load.log(100, || {});
            fs::write(folder.join("written"), hundreds.to_string()).unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.log");
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(FOLDER, folder.path())
        .spawn()
        .unwrap();
    let written = || fs::read_to_string(folder.path().join("written")).ok()?.parse::<u64>().ok();
    let hundreds = loop {
        assert!(process.try_wait().unwrap().is_none(), "it exited by itself");
        if let Some(hundreds) = written().filter(|hundreds| *hundreds >= 30) {
            break hundreds;
        }
        thread::yield_now();
    };
    process.kill().unwrap();
    process.wait().unwrap();
    fs::remove_file(folder.path().join("written")).unwrap();
    // As if it had been killed within a line, which is rare at the kernel's speed.
    let mut file = File::options().append(true).create(true).open(&path).unwrap();
    file.write_all(b"{\"timesta").unwrap();

    // Without rotation, so that everything stays here.
    let mut load = Load::start(Writer::file(&path).unwrap());
    load.log(1, || {});
    load.stop();
    let text = fs::read_to_string(&path).unwrap();
    let whole = text.replacen("{\"timesta\n", "", 1);
    assert!(whole.len() < text.len(), "the torn line is ended");
    fs::write(&path, whole).unwrap();
    let mut found = Found::default();
    found.read_folder(folder.path());
    for thread in 0..THREADS {
        // The next process counts from zero.
        assert_eq!(found.0[&format!("{thread}/0")], 2);
        assert!((1..hundreds * 100).all(|line| found.0.get(&format!("{thread}/{line}")) == Some(&1)));
    }
}

#[test]
fn a_file_that_never_had_a_name_is_written_to_once() {
    for is_queued in [false, true] {
        let mut file = tempfile::tempfile().unwrap();
        let writer = Writer::file(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
        let mut load = Load::start(if is_queued { writer.queue(QueueOptions::new()) } else { writer });
        load.log(10, || {});
        load.stop();
        assert_eq!(load.count("radiosonde_log_dropped_total", ""), 0);
        file.rewind().unwrap();
        let mut found = Found::default();
        found.read(OsStr::new("nameless"), file);
        assert_eq!(found.0.len(), 40);
        assert!(found.0.values().all(|times| *times == 1), "{:?}", found.0);
    }
}

#[test]
fn at_a_limit_the_next_file_goes_on() {
    const NAME: &str = "at_a_limit_the_next_file_goes_on";
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return limited(NAME) };
    let options = FileOptions::new().rotate_at_bytes(1 << 20).keep_total_bytes(1 << 30);
    let mut load = Load::start(Writer::file_with(folder.join("orders.log"), options).unwrap());
    load.log(500, || {});
    let made = load.stop();
    assert_eq!(load.count("radiosonde_log_dropped_total", ""), 0);
    assert_eq!(load.count("radiosonde_log_file_removed_total", ""), 0);
    let mut found = Found::default();
    found.read_folder(&folder);
    assert_eq!(found.0.len() as u64, made);
    assert!(found.0.values().all(|times| *times == 1));
}

/// Runs a test again where files cannot exceed 32 kB.
fn limited(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    // In blocks of 512 bytes. Without the trap the signal would end the process.
    let script = r#"trap "" XFSZ; ulimit -f 64; shift; exec "$@""#;
    assert!(run_again(test, &["sh", "-c", script, "sh"], folder.path()));
}

#[test]
fn at_a_limit_no_line_is_torn() {
    const NAME: &str = "at_a_limit_no_line_is_torn";
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return limited(NAME) };
    let path = folder.join("orders.log");
    let mut load = Load::start(Writer::file(&path).unwrap());
    load.log(500, || {});
    assert!(fs::metadata(&path).unwrap().len() <= 32 << 10);
    assert!(load.count("radiosonde_log_dropped_total", "disk_full") > 0);
    fs::rename(&path, folder.join("moved")).unwrap();
    load.log(20, || {});
    let made = load.stop();
    let mut found = Found::default();
    found.read_folder(&folder);
    let dropped = load.count("radiosonde_log_dropped_total", "");
    assert_eq!(found.0.len() as u64 + dropped, made);
    assert!(found.0.values().all(|times| *times == 1));
    assert!(found.0.contains_key("0/519"), "written once there was room");
}
