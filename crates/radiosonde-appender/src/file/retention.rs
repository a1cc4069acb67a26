use std::time::SystemTime;

use crate::file::archive::Rotated;
use crate::file::file_metrics::Removal;
use crate::file::file_options::FileOptions;

/// The files beyond the bounds of the options, given a list from the oldest to the newest.
///
/// The files kept leave room for one full log file, so that the total holds until the next rotation.
pub(crate) fn beyond<'a>(
    rotated: &'a [Rotated],
    options: &FileOptions,
    now: SystemTime,
) -> impl Iterator<Item = (&'a Rotated, Removal)> {
    let oldest = options.keep_for.and_then(|age| now.checked_sub(age));
    let is_too_old = move |file: &&Rotated| oldest.is_some_and(|oldest| file.last_line(now) < oldest);
    // Anywhere in the list: a file may be older than its name.
    let by_age = rotated.iter().filter(is_too_old).map(|file| (file, Removal::Age));
    let kept = move || rotated.iter().filter(move |file| !is_too_old(file));
    let mut files = kept().count();
    let mut bytes: u64 = kept().map(|file| file.bytes).sum();
    let room =
        options.keep_total_bytes.map(|total| total.saturating_sub(options.rotate_at_bytes.unwrap_or(0)));
    let max_files = options.keep_files;
    let by_size = kept().map_while(move |file| {
        let reason = if max_files.is_some_and(|max| files > max) {
            Removal::Count
        } else if room.is_some_and(|room| bytes > room) {
            Removal::TotalBytes
        } else {
            return None;
        };
        files -= 1;
        bytes -= file.bytes;
        Some((file, reason))
    });
    by_age.chain(by_size)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn removed(options: &FileOptions) -> Vec<(u64, Removal)> {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let list: Vec<_> = (1..=4)
            .map(|n| Rotated {
                path: "x".into(),
                ended: at(n * 100),
                modified: at(n * 100),
                bytes: n * 10,
                is_compressed: false,
            })
            .collect();
        beyond(&list, options, at(1000)).map(|(file, reason)| (file.bytes, reason)).collect()
    }

    #[test]
    fn the_oldest_go_first_and_each_bound_counts() {
        let options = FileOptions::new().rotate_at_bytes(40);
        assert_eq!(removed(&options), []);
        assert_eq!(removed(&options.clone().keep_files(4)), []);
        assert_eq!(removed(&options.clone().keep_files(2)), [(10, Removal::Count), (20, Removal::Count)]);
        // 30 + 40 bytes and room for 40 more.
        assert_eq!(removed(&options.clone().keep_total_bytes(140)), []);
        assert_eq!(removed(&options.clone().keep_total_bytes(139)), [(10, Removal::TotalBytes)]);
        assert_eq!(removed(&options.clone().keep_for(Duration::from_secs(900))), []);
        let by_age = options.keep_for(Duration::from_secs(899)).keep_files(2);
        assert_eq!(removed(&by_age), [(10, Removal::Age), (20, Removal::Count)]);
    }
}
