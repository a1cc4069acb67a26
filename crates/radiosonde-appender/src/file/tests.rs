use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::Clock as _;
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;
use tempfile::TempDir;

use super::file_error::FileError;
use super::file_metrics::FilesMetrics;
use super::file_options::FileOptions;
use super::log_file::LogFile;
use super::refused::Refused;
use super::reopen::Reopen;
use super::rotation::Rotation;
use super::stamp;

struct Place {
    folder: TempDir,
    clock: ManualClock,
    registry: Registry,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: ManualClock::new(), registry: Registry::new() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("logs/orders.log")
    }

    fn open(&self, options: FileOptions) -> LogFile {
        let mut file = LogFile::open(self.path(), options).unwrap();
        file.count_in(
            FilesMetrics::new(&self.registry).map_or_else(|_| Default::default(), |all| all.of("file")),
        );
        file
    }

    fn write(&self, file: &mut LogFile, lines: &str) -> Result<(), Refused> {
        let mut written = 0;
        let result = file.write_lines(lines.as_bytes(), &mut written, &self.clock);
        assert_eq!(result.is_ok(), written == lines.len(), "{result:?}");
        result
    }

    /// Name, without the log file's, and text of each file; the oldest first.
    fn files(&self) -> Vec<(String, String)> {
        let mut list: Vec<_> = fs::read_dir(self.path().parent().unwrap())
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        list.sort();
        // The file without a stamp is the newest.
        list.rotate_left(1);
        list
    }

    fn texts(&self) -> Vec<String> {
        self.files().into_iter().map(|(_, text)| text).collect()
    }

    fn sample(&self, name: &str) -> Option<String> {
        let text = self.registry.text();
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.rsplit(' ').next().map(str::to_owned)
    }
}

fn modified(path: &Path, time: SystemTime) {
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn no_file_is_larger_than_allowed_and_no_line_is_split() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new().rotate_at_bytes(8));
    place.write(&mut file, "a1\nb2\nc3\nd4\n").unwrap();
    assert_eq!(place.texts(), ["a1\nb2\n", "c3\nd4\n"]);
    // Exactly what fits, in one piece and in two.
    place.write(&mut file, "e\n").unwrap();
    place.write(&mut file, "f\n").unwrap();
    assert_eq!(place.texts(), ["a1\nb2\n", "c3\nd4\ne\n", "f\n"]);
    // A line longer than the limit gets a file of its own.
    place.write(&mut file, "0123456789\ng\n").unwrap();
    assert_eq!(place.texts(), ["a1\nb2\n", "c3\nd4\ne\n", "f\n", "0123456789\n", "g\n"]);
    assert_eq!(place.sample("radiosonde_log_file_rotations_total{"), Some("4".to_owned()));
}

#[test]
fn rotated_files_are_named_for_their_last_line_and_sort_by_time() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4));
    for (at, line) in ["a\n", "b\n", "c\n", "d\n", "e\n"].iter().enumerate() {
        place.write(&mut file, line).unwrap();
        if at == 2 {
            place.clock.advance(Duration::from_millis(1500));
        }
    }
    // Then five files within one millisecond, and a clock that is set back.
    place.write(&mut file, "f\ng\nh\n").unwrap();
    place.clock.set_wall(UNIX_EPOCH);
    place.write(&mut file, "i\nj\n").unwrap();
    let files = place.files();
    let names: Vec<_> = files.iter().map(|(name, _)| name.strip_prefix("orders.log").unwrap()).collect();
    assert_eq!(
        names,
        [
            ".2026-01-01T00-00-00.000Z",
            ".2026-01-01T00-00-01.500Z",
            ".2026-01-01T00-00-01.501Z",
            ".2026-01-01T00-00-01.502Z",
            "",
        ]
    );
    assert_eq!(place.texts().concat(), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
}

#[test]
fn a_file_ends_with_its_day() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new().rotate(Rotation::Daily));
    place.clock.advance(Duration::from_secs(86_399));
    place.write(&mut file, "evening\n").unwrap();
    place.clock.advance(Duration::from_secs(1));
    place.write(&mut file, "midnight\n").unwrap();
    // Set back over midnight: no file ends.
    place.clock.set_wall(place.clock.now() - Duration::from_secs(5));
    place.write(&mut file, "set back\n").unwrap();
    place.clock.set_wall(place.clock.now() + Duration::from_secs(3 * 86_400));
    place.write(&mut file, "after days of silence\n").unwrap();
    assert_eq!(place.texts(), ["evening\n", "midnight\nset back\n", "after days of silence\n"]);
    assert_eq!(place.files()[0].0, "orders.log.2026-01-01T23-59-59.000Z");
}

#[test]
fn a_process_that_starts_anew_goes_on_in_the_middle() {
    let place = Place::new();
    let options = FileOptions::new().rotate_at_bytes(8).rotate(Rotation::Hourly);
    place.write(&mut place.open(options.clone()), "aaa\n").unwrap();
    modified(&place.path(), place.clock.now());
    let mut file = place.open(options.clone());
    place.write(&mut file, "bbb\n").unwrap();
    place.write(&mut file, "ccc\n").unwrap();
    assert_eq!(place.texts(), ["aaa\nbbb\n", "ccc\n"], "by its size");
    drop(file);
    modified(&place.path(), place.clock.now());
    place.clock.advance(Duration::from_secs(3600));
    place.write(&mut place.open(options), "ddd\n").unwrap();
    assert_eq!(place.texts(), ["aaa\nbbb\n", "ccc\n", "ddd\n"], "by its hour");
}

#[test]
fn a_line_that_a_killed_process_left_half_is_ended() {
    let place = Place::new();
    drop(place.open(FileOptions::new()));
    fs::write(place.path(), "whole\nha").unwrap();
    place.write(&mut place.open(FileOptions::new()), "next\n").unwrap();
    assert_eq!(place.texts(), ["whole\nha\nnext\n"]);
}

#[test]
fn the_oldest_go_when_there_are_too_many_or_too_much() {
    let place = Place::new();
    let line = |n: u32| format!("{n:03}\n");
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4).keep_files(2));
    (0..5).for_each(|n| place.write(&mut file, &line(n)).unwrap());
    assert_eq!(place.texts(), [line(2), line(3), line(4)]);
    assert_eq!(place.sample(r#"radiosonde_log_file_removed_total{reason="count""#), Some("2".to_owned()));
    drop(file);

    // Another program's file stays and does not count.
    let other = place.path().with_file_name("orders.log.bak");
    fs::write(&other, "0123456789abcdef").unwrap();
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4).keep_total_bytes(12));
    for n in 5..9 {
        place.write(&mut file, &line(n)).unwrap();
        let bytes: usize = place.texts().iter().map(String::len).sum();
        assert!(bytes - 16 <= 12, "{:?}", place.files());
    }
    fs::remove_file(other).unwrap();
    assert_eq!(place.texts(), [line(6), line(7), line(8)]);
}

#[test]
fn a_file_goes_when_it_is_too_old() {
    let place = Place::new();
    let options = FileOptions::new().rotate(Rotation::Hourly).keep_for(Duration::from_secs(7200));
    let mut file = place.open(options);
    for n in 0..3 {
        place.write(&mut file, &format!("{n}\n")).unwrap();
        place.clock.advance(Duration::from_secs(3600));
    }
    // Two hours and no more.
    place.write(&mut file, "3\n").unwrap();
    assert_eq!(place.texts(), ["1\n", "2\n", "3\n"]);
    // In the middle of an hour, and no later than a minute after.
    place.clock.advance(Duration::from_secs(1));
    place.write(&mut file, "4\n").unwrap();
    assert_eq!(place.texts().len(), 3);
    place.clock.advance(Duration::from_secs(59));
    place.write(&mut file, "5\n").unwrap();
    assert_eq!(place.texts(), ["2\n", "3\n4\n5\n"]);
}

#[test]
fn lines_of_a_start_without_a_clock_are_kept_once_the_clock_is_right() {
    let place = Place::new();
    let right = place.clock.now();
    place.clock.set_wall(UNIX_EPOCH);
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4).keep_for(Duration::from_secs(3600)));
    // The modification times come from the same clock.
    for line in ["1\n", "2\n", "3\n", "4\n", "5\n"] {
        place.write(&mut file, line).unwrap();
        modified(&place.path(), place.clock.now());
        place.clock.advance(Duration::from_secs(10));
    }
    assert_eq!(place.texts(), ["1\n2\n", "3\n4\n", "5\n"]);
    place.clock.set_wall(right);
    place.write(&mut file, "6\n7\n").unwrap();
    assert_eq!(place.texts(), ["1\n2\n", "3\n4\n", "5\n6\n", "7\n"]);
    assert_eq!(place.files()[0].0, "orders.log.1970-01-01T00-00-10.000Z");
    // Another process, which did not see the clock being corrected.
    drop(file);
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4).keep_for(Duration::from_secs(3600)));
    place.clock.advance(Duration::from_secs(3500));
    place.write(&mut file, "8\n").unwrap();
    assert_eq!(place.texts().len(), 4);
    place.clock.advance(Duration::from_secs(3600));
    place.write(&mut file, "9\n").unwrap();
    assert_eq!(place.texts().concat().matches(['1', '2', '3', '4']).count(), 0, "{:?}", place.files());
}

#[test]
fn one_line_of_a_clock_a_year_ahead_changes_no_later_name_or_age() {
    const HOUR: Duration = Duration::from_secs(3600);
    let place = Place::new();
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4).keep_for(HOUR));
    let write = |file: &mut LogFile, line: &str| {
        place.write(file, line).unwrap();
        modified(&place.path(), place.clock.now());
    };
    write(&mut file, "1\n");
    let right = place.clock.now();
    place.clock.set_wall(right + HOUR * 24 * 365);
    write(&mut file, "2\n");
    write(&mut file, "3\n");
    write(&mut file, "4\n");
    write(&mut file, "5\n");
    place.clock.set_wall(right);
    for line in ["6\n", "7\n", "8\n", "9\n"] {
        place.clock.advance(Duration::from_secs(1));
        write(&mut file, line);
    }
    let names: Vec<_> = place.files().into_iter().map(|(name, _)| name.replace("orders.log", "")).collect();
    assert_eq!(
        names,
        [
            ".2026-01-01T00-00-01.000Z",
            ".2026-01-01T00-00-03.000Z",
            ".2027-01-01T00-00-00.000Z",
            ".2027-01-01T00-00-00.001Z",
            "",
        ]
    );
    place.clock.advance(HOUR + Duration::from_secs(60));
    write(&mut file, "0\n");
    assert_eq!(place.texts(), ["9\n0\n"], "each went an hour after the clock was right");
}

#[test]
fn by_number_the_files_of_a_clock_that_was_ahead_are_not_the_newest() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new().rotate_at_bytes(2).keep_files(2));
    let right = place.clock.now();
    place.clock.set_wall(right + Duration::from_secs(365 * 86_400));
    place.write(&mut file, "1\n2\n").unwrap();
    for entry in fs::read_dir(place.path().parent().unwrap()).unwrap() {
        modified(&entry.unwrap().path(), place.clock.now());
    }
    place.clock.set_wall(right);
    for line in ["3\n", "4\n", "5\n"] {
        place.write(&mut file, line).unwrap();
        modified(&place.path(), place.clock.now());
        place.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(place.texts(), ["3\n", "4\n", "5\n"]);
}

#[test]
fn a_file_that_was_moved_or_removed_is_noticed_without_a_signal() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new());
    place.write(&mut file, "1\n").unwrap();
    fs::rename(place.path(), place.path().with_file_name("orders.log.1")).unwrap();
    place.write(&mut file, "2\n").unwrap();
    assert_eq!(place.texts(), ["1\n", "2\n"]);
    fs::remove_file(place.path()).unwrap();
    place.write(&mut file, "3\n").unwrap();
    fs::remove_dir_all(place.path().parent().unwrap()).unwrap();
    place.write(&mut file, "4\n").unwrap();
    assert_eq!(place.texts(), ["4\n"]);
    // As `copytruncate` does.
    File::options().write(true).open(place.path()).unwrap().set_len(0).unwrap();
    place.write(&mut file, "5\n").unwrap();
    assert_eq!(place.texts(), ["5\n"]);
}

#[test]
fn a_file_is_opened_again_when_asked_and_the_same_file_goes_on() {
    let place = Place::new();
    let reopen = Reopen::new();
    let mut file = place.open(FileOptions::new().reopen_on(&reopen));
    place.write(&mut file, "1\n").unwrap();
    reopen.request();
    place.write(&mut file, "2\n").unwrap();
    assert_eq!(place.texts(), ["1\n2\n"]);
    drop(file);
    // The file no longer listens.
    reopen.request();
}

#[test]
fn a_folder_that_cannot_be_made_is_tried_again_after_a_second() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new());
    let folder = place.path().parent().unwrap().to_owned();
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    let refused = |result| matches!(result, Err(Refused::Io(_)));
    let waiting = |result| matches!(result, Err(Refused::Waiting));
    assert!(refused(place.write(&mut file, "1\n")));
    fs::remove_file(&folder).unwrap();
    place.clock.advance(Duration::from_millis(999));
    assert!(waiting(place.write(&mut file, "2\n")));
    place.clock.advance(Duration::from_millis(1));
    place.write(&mut file, "3\n").unwrap();
    assert_eq!(place.texts(), ["3\n"]);
    assert_eq!(place.sample(r#"radiosonde_log_file_failures_total{action="open""#), Some("1".to_owned()));
}

#[test]
fn two_writers_of_one_file_follow_each_other() {
    let place = Place::new();
    let options = FileOptions::new().rotate_at_bytes(8);
    let (mut one, mut two) = (place.open(options.clone()), place.open(options));
    for n in 0..6 {
        place.write(&mut one, &format!("a{n}\n")).unwrap();
        place.write(&mut two, &format!("b{n}\n")).unwrap();
    }
    let texts = place.texts();
    assert_eq!(texts.concat(), (0..6).map(|n| format!("a{n}\nb{n}\n")).collect::<String>());
    assert_eq!(texts.len(), 6, "{texts:?}");
}

#[test]
fn while_a_rotation_fails_the_file_grows() {
    let place = Place::new();
    let mut file = place.open(FileOptions::new().rotate_at_bytes(4));
    place.write(&mut file, "1\n").unwrap();
    // All the names to try are taken.
    let names = (0..100).map(|millis| stamp::stamp(place.clock.now() + Duration::from_millis(millis)));
    let taken: Vec<_> = names.map(|name| place.path().with_file_name(format!("orders.log.{name}"))).collect();
    taken.iter().for_each(|path| fs::create_dir(path).unwrap());
    place.write(&mut file, "2\n3\n").unwrap();
    place.clock.advance(Duration::from_millis(999));
    place.write(&mut file, "4\n").unwrap();
    assert_eq!(place.sample(r#"radiosonde_log_file_failures_total{action="rotate""#), Some("1".to_owned()));
    place.clock.advance(Duration::from_millis(1));
    place.write(&mut file, "5\n").unwrap();
    taken.iter().for_each(|path| fs::remove_dir(path).unwrap());
    assert_eq!(place.texts(), ["1\n2\n3\n4\n", "5\n"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    let error = |options| LogFile::open(place.path(), options).unwrap_err().to_string();
    let new = FileOptions::new;
    let cases = [
        (new().rotate_at_bytes(0), "invalid rotate_at_bytes 0: expected 1 or more"),
        (
            new().rotate_at_bytes(100).keep_total_bytes(199),
            "invalid keep_total_bytes 199: expected 200 or more, twice rotate_at_bytes",
        ),
        (
            new().rotate(Rotation::Daily).keep_total_bytes(1 << 30),
            "keep_total_bytes without a bound on the log file: expected rotate_at_bytes as well",
        ),
        (new().rotate(Rotation::Daily).keep_files(0), "invalid keep_files 0: expected 1 or more"),
        (
            new().rotate(Rotation::Daily).keep_for(Duration::ZERO),
            "invalid keep_for 0s: expected a longer time",
        ),
        (new().keep_files(3), "keep_files without a rotation: expected rotate or rotate_at_bytes as well"),
        (
            new().keep_for(Duration::from_secs(1)).rotate(Rotation::Never),
            "keep_for without a rotation: expected rotate or rotate_at_bytes as well",
        ),
    ];
    for (options, expected) in cases {
        assert_eq!(error(options), expected);
    }
    assert!(!place.path().exists(), "refused before anything is made");
    LogFile::open(place.path(), new().rotate_at_bytes(100).keep_total_bytes(200)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_rotated_is_refused() {
    let rotating = || FileOptions::new().rotate_at_bytes(1000);
    let error = LogFile::open("/dev/null".into(), rotating()).unwrap_err();
    assert!(matches!(error, FileError::NotAFile { .. }), "{error:?}");
    assert_eq!(error.to_string(), "cannot rotate \"/dev/null\", which is not a regular file");
    // An existing file that can be written to, in a folder where none can be created.
    let error = LogFile::open("/proc/self/comm".into(), rotating()).unwrap_err();
    assert!(matches!(error, FileError::Folder { .. }), "{error:?}");
    assert!(error.to_string().starts_with("cannot create a file in \"/proc/self\""), "{error}");
    let long = LogFile::open(Place::new().folder.path().join("x".repeat(230)), rotating()).unwrap_err();
    assert!(matches!(long, FileError::Folder { .. }), "{long:?}");
    let error = LogFile::open("/proc/self/none".into(), rotating()).unwrap_err();
    assert!(matches!(error, FileError::Open(_)), "{error:?}");
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn new_files_have_the_mode_that_was_asked_for() {
        let place = Place::new();
        let mut file = place.open(FileOptions::new().rotate_at_bytes(4).mode(0o662));
        place.write(&mut file, "1\n2\n3\n").unwrap();
        for (name, _) in place.files() {
            assert_eq!(mode(&place.path().with_file_name(name)), 0o662);
        }
        drop(file);
        place.write(&mut place.open(FileOptions::new().mode(0o600)), "4\n").unwrap();
        assert_eq!(mode(&place.path()), 0o662, "it was there before");
    }

    #[test]
    fn a_mode_in_which_nobody_writes_is_refused() {
        let place = Place::new();
        for mode in [0o444, 0o1777] {
            let error = LogFile::open(place.path(), FileOptions::new().mode(mode)).unwrap_err();
            assert!(matches!(error, FileError::Option { option: "mode", .. }), "{error}");
        }
    }

    #[test]
    fn a_link_to_a_file_that_is_not_there_makes_it() {
        let place = Place::new();
        let (link, target) = (place.folder.path().join("current"), place.folder.path().join("orders"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut file = LogFile::open(link.clone(), FileOptions::new().mode(0o600)).unwrap();
        place.write(&mut file, "1\n").unwrap();
        assert_eq!((fs::read_to_string(&target).unwrap(), mode(&target)), ("1\n".to_owned(), 0o600));
        // Moved away by a tool that knows the file and not the link.
        fs::rename(&target, place.folder.path().join("moved")).unwrap();
        place.write(&mut file, "2\n").unwrap();
        assert_eq!(fs::read_to_string(&link).unwrap(), "2\n");
        assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    }

    #[test]
    fn a_link_stays_and_the_file_behind_it_is_rotated() {
        let place = Place::new();
        drop(place.open(FileOptions::new()));
        let link = place.folder.path().join("current");
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        let mut file = LogFile::open(link.clone(), FileOptions::new().rotate_at_bytes(4)).unwrap();
        place.write(&mut file, "1\n2\n3\n").unwrap();
        assert_eq!(place.texts(), ["1\n2\n", "3\n"]);
        assert_eq!(fs::read_to_string(link).unwrap(), "3\n");
    }
}
