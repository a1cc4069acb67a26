use radiosonde_queue::{Load, Rank};

/// Capacity of a chunk; a longer line gets one of its own.
const CHUNK_BYTES: usize = 64 * 1024;

/// Most lines in a chunk, so that its table does not grow.
const CHUNK_LINES: usize = 512;

/// Consecutive lines in one piece of memory.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Chunks are numbered in order of creation.
    pub(crate) number: u64,
    bytes: Vec<u8>,
    lines: Vec<Entry>,
    /// Offset and index of the first line that has not been dropped.
    first_byte: usize,
    first_line: usize,
    /// Lines of each level that may be dropped to make room.
    droppable: [u32; 6],
}

/// One line of a chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    length: u32,
    pub(crate) rank: Rank,
}

impl Entry {
    pub(crate) const fn length(self) -> usize {
        self.length as usize
    }
}

impl Chunk {
    pub(crate) fn with_room_for(length: usize) -> Self {
        Self {
            number: 0,
            bytes: Vec::with_capacity(length.max(CHUNK_BYTES)),
            lines: Vec::with_capacity(CHUNK_LINES),
            first_byte: 0,
            first_line: 0,
            droppable: [0; 6],
        }
    }

    /// Empties the chunk for reuse; false if its size is unusual and it is not worth keeping.
    pub(crate) fn renew(&mut self) -> bool {
        self.bytes.clear();
        self.lines.clear();
        (self.first_byte, self.first_line, self.droppable) = (0, 0, [0; 6]);
        self.bytes.capacity() == CHUNK_BYTES
    }

    pub(crate) fn has_room_for(&self, length: usize) -> bool {
        self.bytes.capacity() - self.bytes.len() >= length && self.lines.len() < CHUNK_LINES
    }

    /// Appends a line shorter than 4 GiB for which [there is room](Self::has_room_for).
    pub(crate) fn push(&mut self, line: &[u8], rank: Rank) {
        self.bytes.extend_from_slice(line);
        self.lines.push(Entry { length: u32::try_from(line.len()).unwrap_or(u32::MAX), rank });
        if !rank.is_reserved() {
            self.droppable[rank.level() as usize] += 1;
        }
    }

    /// The lines that a line of this rank may evict, oldest first.
    pub(crate) fn yielding_to(&self, newer: Rank) -> impl Iterator<Item = Entry> {
        let entries = if self.is_pinned_for(newer) { &[] } else { self.entries() };
        entries.iter().copied().filter(move |entry| entry.rank.yields_to(newer))
    }

    /// Whether a line of this rank may evict none.
    fn is_pinned_for(&self, newer: Rank) -> bool {
        self.droppable[..=newer.level() as usize].iter().all(|&lines| lines == 0)
    }

    /// Drops the oldest line that a line of this rank may evict.
    pub(crate) fn evict(&mut self, newer: Rank) -> Option<Entry> {
        if self.is_pinned_for(newer) {
            return None;
        }
        let mut start = self.first_byte;
        for at in self.first_line..self.lines.len() {
            let entry = self.lines[at];
            if entry.rank.yields_to(newer) {
                // Moves the remaining lines before it up, so that the gap is at the front.
                self.bytes.copy_within(self.first_byte..start, self.first_byte + entry.length());
                self.lines.copy_within(self.first_line..at, self.first_line + 1);
                self.first_byte += entry.length();
                self.first_line += 1;
                self.droppable[entry.rank.level() as usize] -= 1;
                self.give_back(newer);
                return Some(entry);
            }
            start += entry.length();
        }
        None
    }

    /// Shrinks the chunk once no line may be evicted: the others may stay for long.
    fn give_back(&mut self, newer: Rank) {
        let is_pinned = self.is_pinned_for(newer) && !self.is_empty();
        if is_pinned && self.bytes().len() < self.bytes.capacity() / 2 {
            (self.bytes, self.lines) = (self.bytes().to_vec(), self.entries().to_vec());
            (self.first_byte, self.first_line) = (0, 0);
        }
    }

    /// The text of the lines.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.first_byte..]
    }

    /// The entries of the lines.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.lines[self.first_line..]
    }

    /// The number of lines and their bytes.
    pub(crate) fn load(&self) -> Load {
        Load { items: self.entries().len(), bytes: self.bytes().len() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first_line == self.lines.len()
    }

    /// The line that contains the byte at `offset`: its start, its end and its entry. The last line if `offset` is beyond all.
    pub(crate) fn line_at(&self, offset: usize) -> Option<(usize, usize, Entry)> {
        let mut start = 0;
        let mut last = None;
        for &entry in self.entries() {
            let end = start + entry.length();
            last = Some((start, end, entry));
            if offset < end {
                break;
            }
            start = end;
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_core::Level;

    use super::*;

    fn chunk(lines: &[(&str, Level, bool)]) -> Chunk {
        let mut chunk = Chunk::with_room_for(0);
        for (line, level, is_audit) in lines {
            let rank = if *is_audit { Rank::reserved(*level) } else { Rank::of(*level) };
            chunk.push(line.as_bytes(), rank);
        }
        chunk
    }

    fn text(chunk: &Chunk) -> &str {
        std::str::from_utf8(chunk.bytes()).unwrap()
    }

    #[test]
    fn the_oldest_that_is_not_graver_goes_first_and_the_others_keep_their_order() {
        let mut chunk = chunk(&[
            ("error 1\n", Level::Error, false),
            ("audit 2\n", Level::Info, true),
            ("info 3\n", Level::Info, false),
            ("warn 4\n", Level::Warn, false),
            ("info 5\n", Level::Info, false),
        ]);
        let evict = |chunk: &mut Chunk, level| chunk.evict(Rank::of(level)).map(|entry| entry.rank.level());
        assert_eq!(evict(&mut chunk, Level::Debug), None);
        assert_eq!(evict(&mut chunk, Level::Info), Some(Level::Info));
        assert_eq!(text(&chunk), "error 1\naudit 2\nwarn 4\ninfo 5\n");
        assert_eq!(evict(&mut chunk, Level::Warn), Some(Level::Warn));
        assert_eq!(evict(&mut chunk, Level::Fatal), Some(Level::Error));
        assert_eq!(text(&chunk), "audit 2\ninfo 5\n");
        assert_eq!(chunk.entries().iter().map(|entry| entry.length()).sum::<usize>(), chunk.bytes().len());
        assert_eq!(evict(&mut chunk, Level::Fatal), Some(Level::Info));
        assert_eq!(evict(&mut chunk, Level::Fatal), None, "an audit line is never evicted");
        assert_eq!(text(&chunk), "audit 2\n");
    }

    #[test]
    fn lines_that_stay_keep_no_memory_of_those_that_went() {
        let mut chunk = chunk(&[("info 1\n", Level::Info, false), ("audit 2\n", Level::Info, true)]);
        chunk.push(b"info 3\n", Rank::of(Level::Info));
        assert!(chunk.evict(Rank::of(Level::Info)).is_some());
        assert_eq!(chunk.bytes.capacity(), CHUNK_BYTES, "more of it may be evicted soon");
        assert!(chunk.evict(Rank::of(Level::Info)).is_some());
        assert_eq!((text(&chunk), chunk.entries().len()), ("audit 2\n", 1));
        assert!(chunk.bytes.capacity() < 100 && chunk.lines.capacity() < 10, "{chunk:?}");
        assert!(!chunk.has_room_for(1) && !chunk.renew());
    }

    #[test]
    fn an_offset_is_in_the_line_that_has_its_byte() {
        let chunk = chunk(&[("a\n", Level::Info, false), ("bcd\n", Level::Warn, false)]);
        let span = |offset| chunk.line_at(offset).map(|(start, end, _)| (start, end));
        assert_eq!((span(0), span(1), span(2)), (Some((0, 2)), Some((0, 2)), Some((2, 6))));
        assert_eq!((span(5), span(6)), (Some((2, 6)), Some((2, 6))));
    }
}
