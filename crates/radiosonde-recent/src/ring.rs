use std::collections::VecDeque;
use std::time::SystemTime;

use radiosonde_core::{Level, SpanContext};

use radiosonde_log::Line;

/// A part of a record's bytes, in order of storage.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Json,
    Target,
    Service,
    Message,
    CorrelationId,
    RequestId,
    UserId,
}

const PARTS: usize = 7;

/// The lengths of a line's parts, which are stored one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The end of each part. A ring has at most `u32::MAX` bytes.
    ends: [u32; PARTS],
}

impl Layout {
    /// The byte range of a part.
    pub(crate) fn range(&self, part: Part) -> std::ops::Range<usize> {
        let at = part as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[at] as usize
    }
}

/// The fields of a line that are not text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) timestamp: SystemTime,
    pub(crate) level: Level,
    pub(crate) context: Option<SpanContext>,
    pub(crate) layout: Layout,
}

#[derive(Debug)]
struct Record {
    start: usize,
    length: usize,
    facts: Facts,
}

impl Record {
    /// An empty record takes one byte too, so that each has its own position and the order of positions is that of age.
    const LEAST_BYTES: usize = 1;

    fn end(&self) -> usize {
        self.start + self.length.max(Self::LEAST_BYTES)
    }
}

/// A borrowed record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) facts: &'a Facts,
    bytes: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(crate) fn part(&self, part: Part) -> &'a str {
        text(&self.bytes[self.facts.layout.range(part)])
    }

    /// The text of all parts.
    pub(crate) fn text(&self) -> &'a str {
        text(self.bytes)
    }
}

fn text(bytes: &[u8]) -> &str {
    // The bytes were copied from text, so the default is never used.
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// A ring buffer of lines in one piece of memory. Adding a line is a copy over the oldest ones, and the total size is fixed,
/// however long single lines are.
#[derive(Debug)]
pub(crate) struct Ring {
    bytes: Box<[u8]>,
    /// Oldest first, which is also the order in which they are overwritten.
    records: VecDeque<Record>,
    most: usize,
    /// Where the next record is written.
    next: usize,
    /// The number of records so far, which is the number of the next one.
    count: u64,
}

impl Ring {
    /// `bytes` must not exceed `u32::MAX`, and `most` must not be zero.
    pub(crate) fn new(most: usize, bytes: usize) -> Self {
        // Zeroed memory becomes resident page by page, as it is used.
        Self { bytes: vec![0; bytes].into_boxed_slice(), records: VecDeque::new(), most, next: 0, count: 0 }
    }

    /// Adds a line; `false` if it is longer than the whole ring.
    pub(crate) fn push(&mut self, line: &Line<'_>) -> bool {
        let parts: [&str; PARTS] = [
            line.json(),
            line.target(),
            line.service(),
            line.message(),
            line.correlation_id().unwrap_or_default(),
            line.request_id().unwrap_or_default(),
            line.user_id().unwrap_or_default(),
        ];
        let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        if length > self.bytes.len() {
            return false;
        }
        let start = self.make_room(length.max(Record::LEAST_BYTES));
        let mut ends = [0; PARTS];
        let mut at = start;
        for (part, end) in parts.iter().zip(&mut ends) {
            self.bytes[at..at + part.len()].copy_from_slice(part.as_bytes());
            at += part.len();
            *end = u32::try_from(at - start).unwrap_or(u32::MAX);
        }
        let (timestamp, level) = (line.timestamp(), line.level());
        let facts = Facts { timestamp, level, context: line.context(), layout: Layout { ends } };
        let record = Record { start, length, facts };
        self.next = record.end();
        self.count += 1;
        self.records.push_back(record);
        true
    }

    /// Removes the oldest records until one of this length fits, and returns its position.
    fn make_room(&mut self, length: usize) -> usize {
        if self.records.len() >= self.most {
            self.records.pop_front();
        }
        if length > self.bytes.len() - self.next {
            // Records between here and the end are older than any at the start.
            self.forget_while(|record, next| record.start >= next);
            self.next = 0;
        }
        self.forget_while(|record, next| record.start < next + length && next < record.end());
        self.next
    }

    fn forget_while(&mut self, is_in_the_way: impl Fn(&Record, usize) -> bool) {
        while self.records.front().is_some_and(|record| is_in_the_way(record, self.next)) {
            self.records.pop_front();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The numbers of the records held.
    pub(crate) fn numbers(&self) -> std::ops::Range<u64> {
        self.count - self.records.len() as u64..self.count
    }

    pub(crate) fn get(&self, number: u64) -> Option<Stored<'_>> {
        let at = usize::try_from(number.checked_sub(self.numbers().start)?).ok()?;
        let record = self.records.get(at)?;
        Some(Stored { facts: &record.facts, bytes: &self.bytes[record.start..record.start + record.length] })
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn held(ring: &Ring) -> Vec<&str> {
        ring.numbers().map(|number| ring.get(number).unwrap().text()).collect()
    }

    fn line(json: &str) -> Line<'_> {
        Line::new(json, SystemTime::UNIX_EPOCH, Level::Info)
    }

    #[test]
    fn the_oldest_goes_by_lines_and_by_bytes() {
        let mut ring = Ring::new(3, 10);
        for json in ["a", "b", "c", "d"] {
            assert!(ring.push(&line(json)));
        }
        assert_eq!(held(&ring), ["b", "c", "d"]);
        assert!(ring.push(&line("123456")));
        assert_eq!(held(&ring), ["c", "d", "123456"]);
        assert!(ring.push(&line("xyz")), "it starts again at the front, over the first records");
        assert_eq!(held(&ring), ["d", "123456", "xyz"]);
        assert!(ring.push(&line("0123456789")));
        assert_eq!(held(&ring), ["0123456789"]);
        assert!(!ring.push(&line("0123456789.")));
        assert_eq!(held(&ring), ["0123456789"], "a line that can never fit evicts nothing");
    }

    #[test]
    fn each_part_is_read_back() {
        let mut ring = Ring::new(3, 100);
        let full =
            line("{}").with_target("t").with_service("svc").with_message("paid twice").with_user_id("u");
        assert!(ring.push(&full.with_request_id("r")));
        let stored = ring.get(0).unwrap();
        let parts = [Part::Json, Part::Target, Part::Service, Part::Message, Part::CorrelationId];
        assert_eq!(parts.map(|part| stored.part(part)), ["{}", "t", "svc", "paid twice", ""]);
        assert_eq!((stored.part(Part::RequestId), stored.part(Part::UserId)), ("r", "u"));
    }

    proptest! {
        #[test]
        fn what_is_there_is_always_the_newest_in_order_and_whole(
            most in 1_usize..6,
            bytes in 1_usize..40,
            lengths in prop::collection::vec(0_usize..45, 0..60),
        ) {
            let mut ring = Ring::new(most, bytes);
            let mut all: VecDeque<String> = VecDeque::new();
            for (at, length) in lengths.into_iter().enumerate() {
                let json = char::from(b'a' + (at % 26) as u8).to_string().repeat(length);
                prop_assert_eq!(ring.push(&line(&json)), length <= bytes);
                if length <= bytes {
                    all.push_back(json);
                }
                let held = held(&ring);
                prop_assert!(held.len() <= most);
                prop_assert_eq!(&held, &all.iter().skip(all.len() - held.len()).collect::<Vec<_>>());
                // Nothing is removed without need: only what the next record covers, and the piece at the end that it skips.
                prop_assert!(all.is_empty() || !held.is_empty());
            }
        }
    }
}
