use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;
use std::{io, thread};

use radiosonde_core::{Clock as _, SystemClock, diagnostics};

use crate::file::archive::{Archive, COMPRESSED, unfinished, with_ending};
use crate::file::file_metrics::{Action, FileMetrics};

/// Copies a file to another, compressed, and returns how many bytes it read. Ends early with an error once the flag is set.
pub(crate) type Compress = fn(&mut File, &mut File, &AtomicBool) -> io::Result<u64>;

/// An unfinished file is abandoned once it has not been written to for this long.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Compresses rotated files on a thread of its own, so that no line waits for it.
#[derive(Debug)]
pub(crate) struct Compressor {
    wake: Option<SyncSender<()>>,
    /// Leaves files uncompressed until the next wake.
    pause: Arc<AtomicBool>,
    /// Nothing is sent: the channel closes when the thread has ended.
    ended: Receiver<Infallible>,
}

/// How long a compressor that is dropped waits for its thread.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

impl Compressor {
    pub(crate) fn start(archive: Archive, compress: Compress, metrics: FileMetrics) -> io::Result<Self> {
        // Capacity 1 is enough: one wake compresses every file that is pending.
        let (wake, woken) = sync_channel(1);
        let pause = Arc::new(AtomicBool::new(false));
        let paused = Arc::clone(&pause);
        let (running, ended) = channel();
        thread::Builder::new().name("radiosonde-gzip".to_owned()).spawn(move || {
            while woken.recv().is_ok() {
                compress_all(&archive, compress, &paused, &metrics);
            }
            drop(running);
        })?;
        Ok(Self { wake: Some(wake), pause, ended })
    }

    /// Stops the current compression, to free its disk space and the file that it has open. Returns at once.
    pub(crate) fn pause(&self) {
        // Relaxed: the flag guards no other data.
        self.pause.store(true, Ordering::Relaxed);
    }

    /// Starts looking for files to compress. Returns at once.
    pub(crate) fn wake(&self) {
        if let Some(wake) = &self.wake {
            // Relaxed: the flag guards no other data.
            self.pause.store(false, Ordering::Relaxed);
            // Full: the thread will look anyway.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Compressor {
    /// Stops the thread. A file that is being compressed stays uncompressed.
    fn drop(&mut self) {
        self.pause();
        self.wake = None;
        // The thread ends at once, unless the file system hangs.
        if self.ended.recv_timeout(STOPS_WITHIN) == Err(RecvTimeoutError::Timeout) {
            diagnostics::report(
                "log",
                "compress",
                format_args!("the file system hangs; its thread is abandoned"),
            );
        }
    }
}

fn compress_all(archive: &Archive, compress: Compress, pause: &AtomicBool, metrics: &FileMetrics) {
    let failed = |path: &Path, error: &io::Error| {
        metrics.failed(Action::Compress);
        diagnostics::report("log", "compress", format_args!("cannot compress {path:?}: {error}"));
    };
    let now = SystemClock.now();
    let before = now.checked_sub(ABANDONED_AFTER);
    for abandoned in before.and_then(|before| archive.abandoned(before).ok()).into_iter().flatten() {
        // On failure the next run or another process removes it.
        let _ = fs::remove_file(abandoned);
    }
    let list = match archive.rotated(now) {
        Ok(list) => list,
        // The folder is gone, and all files with it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return failed(archive.folder(), &error),
    };
    // An empty file may be a claimed name that a log file is about to replace.
    for file in list.iter().filter(|file| !file.is_compressed && file.bytes > 0) {
        let result = compress_one(&file.path, compress, pause);
        // Relaxed: the flag guards no other data.
        if pause.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = result {
            failed(&file.path, &error);
        }
    }
}

fn compress_one(path: &Path, compress: Compress, pause: &AtomicBool) -> io::Result<()> {
    let compressed = with_ending(path, COMPRESSED);
    if !compressed.try_exists()? {
        let unfinished = unfinished(&compressed);
        let made = make(path, &unfinished, compress, pause).and_then(|()| {
            // Removed meanwhile, for its age or for room: then the copy is not wanted either.
            fs::metadata(path)?;
            fs::rename(&unfinished, &compressed)
        });
        if let Err(error) = made {
            // Whether or not it exists.
            let _ = fs::remove_file(&unfinished);
            // The file is gone, or the writer is: nothing has failed.
            let is_gone = error.kind() == io::ErrorKind::NotFound && !path.try_exists().unwrap_or(true);
            return if is_gone { Ok(()) } else { Err(error) };
        }
        sync_folder(&compressed);
    }
    // A crash or another process can leave both files behind.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a complete copy and syncs it to the disk.
fn make(path: &Path, copy: &Path, compress: Compress, pause: &AtomicBool) -> io::Result<()> {
    let mut input = File::open(path)?;
    let metadata = input.metadata()?;
    let mut output = OpenOptions::new().write(true).create_new(true).open(copy)?;
    output.set_permissions(metadata.permissions())?;
    let bytes = compress(&mut input, &mut output, pause)?;
    if input.metadata()?.len() != bytes {
        // Another process still writes to it; it is compressed in a later run.
        return Err(io::Error::other("it is being written to"));
    }
    output.set_modified(metadata.modified()?)?;
    output.sync_all()
}

/// Makes sure the new name is on the disk before the old file is removed. Matters only for a crash, and not every system can
/// do it.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    /// A stand-in for gzip: a mark before and after.
    fn mark(input: &mut File, output: &mut File, _: &AtomicBool) -> io::Result<u64> {
        let mut text = String::new();
        let bytes = input.read_to_string(&mut text)?;
        write!(output, "<{text}>")?;
        Ok(bytes as u64)
    }

    fn fail(_: &mut File, output: &mut File, _: &AtomicBool) -> io::Result<u64> {
        output.write_all(b"half")?;
        Err(io::ErrorKind::StorageFull.into())
    }

    const NAME: &str = "orders.log.2026-01-01T00-00-00.000Z";

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let mut list: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        list.sort();
        list
    }

    fn run(folder: &Path, compress: Compress, stop: bool) {
        let archive = Archive::of(&folder.join("orders.log"));
        compress_all(&archive, compress, &AtomicBool::new(stop), &FileMetrics::default());
    }

    #[test]
    fn a_compressed_file_takes_the_place_of_the_other_and_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        fs::write(&path, "lines").unwrap();
        fs::write(folder.path().join("orders.log"), "today").unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(1_000_000);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        run(folder.path(), mark, false);
        let expected = [("orders.log", "today"), (&format!("{NAME}.gz"), "<lines>")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(contents(folder.path()), expected);
        let modified = fs::metadata(folder.path().join(format!("{NAME}.gz"))).unwrap().modified().unwrap();
        assert_eq!(modified, time);
        run(folder.path(), mark, false);
        assert_eq!(contents(folder.path()), expected);
    }

    #[test]
    fn what_fails_or_is_stopped_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "lines").unwrap();
        run(folder.path(), fail, false);
        assert_eq!(contents(folder.path()), [(NAME.to_owned(), "lines".to_owned())]);
        run(folder.path(), fail, true);
        assert_eq!(contents(folder.path()), [(NAME.to_owned(), "lines".to_owned())]);
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_left_for_the_next_time() {
        fn grows(_: &mut File, _: &mut File, _: &AtomicBool) -> io::Result<u64> {
            Ok(4)
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "lines").unwrap();
        run(folder.path(), grows, false);
        assert_eq!(contents(folder.path()), [(NAME.to_owned(), "lines".to_owned())]);
    }

    #[test]
    fn a_name_that_is_only_claimed_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::of(&folder.path().join("orders.log"));
        let claimed = archive.claim(UNIX_EPOCH, UNIX_EPOCH).unwrap();
        run(folder.path(), mark, false);
        assert_eq!(contents(folder.path()).len(), 1);
        assert!(claimed.exists());
    }

    #[test]
    fn what_a_crash_left_is_tidied_up() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str, age: u64| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            let time: SystemTime = SystemClock.now() - Duration::from_secs(age);
            File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        };
        // A crash between the two steps left both files.
        put(NAME, "lines", 0);
        put(&format!("{NAME}.gz"), "<lines>", 0);
        // A crash in the middle of the first step, two hours and a minute ago. The second file may still be in use.
        put(&format!("{NAME}.gz.0011223344556677.tmp"), "<li", 7200);
        put(&format!("{NAME}.gz.8899aabbccddeeff.tmp"), "<li", 60);
        run(folder.path(), mark, false);
        let names: Vec<_> = contents(folder.path()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [format!("{NAME}.gz"), format!("{NAME}.gz.8899aabbccddeeff.tmp")]);
    }

    #[test]
    fn dropping_it_waits_for_the_thread() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "lines").unwrap();
        let archive = Archive::of(&folder.path().join("orders.log"));
        let compressor = Compressor::start(archive, mark, FileMetrics::default()).unwrap();
        compressor.wake();
        compressor.wake();
        drop(compressor);
        let after = contents(folder.path());
        assert_eq!(after.len(), 1, "{after:?}");
    }
}
