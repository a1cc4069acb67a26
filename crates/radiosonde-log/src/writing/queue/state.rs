use std::collections::VecDeque;
use std::time::Duration;

use radiosonde_core::Level;

use crate::writing::priority::Priority;
use crate::writing::queue::chunk::{Chunk, Entry};
use crate::writing::queue::tally::Tally;
use crate::writing::queue_options::QueueOptions;

/// Chunks that are there from the start and are kept when nothing happens: 512 KiB.
const KEEP_CHUNKS: usize = 8;

/// What a queue's lock protects.
#[derive(Debug)]
pub(crate) struct State {
    /// Oldest first. Lines are appended to the last one.
    chunks: VecDeque<Chunk>,
    spare: Vec<Chunk>,
    next_number: u64,
    /// What the writer's thread has taken and not settled: the chunk's number, its bytes and lines.
    in_flight: Option<(u64, usize, usize)>,
    /// Of lines, queued and in flight.
    held_bytes: usize,
    held_lines: usize,
    /// Lines taken in and lines written.
    pub(crate) accepted: u64,
    pub(crate) written: u64,
    /// Lines that were not taken in.
    pub(crate) refused: u64,
    pub(crate) phase: Phase,
    pub(crate) idle: Idle,
    /// Something in the queue should go out at once.
    pub(crate) urgent: bool,
    /// Threads that wait for room.
    pub(crate) waiting: usize,
    /// Somebody waited in vain while nothing was written; nobody waits until something is.
    pub(crate) stalled: bool,
    pub(crate) tally: Tally,
    /// Not after a write failed, until one succeeds.
    pub(crate) may_announce: bool,
    pub(crate) announced_at: Duration,
    /// The process whose thread writes: after a fork the child has none.
    pub(crate) process: u32,
    /// This is such a child, and nobody has started a thread in it yet.
    is_orphaned: bool,
}

/// Where in its life a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// To be emptied and ended.
    Closing,
    /// The time for emptying it was over.
    Abandoned,
    /// Its thread has ended.
    Ended,
}

/// What the writer's thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// It writes, or is about to look.
    Busy,
    /// It looks again in a moment.
    Napping,
    /// It has to be woken.
    Sleeping,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            chunks: VecDeque::with_capacity(KEEP_CHUNKS),
            spare: (0..KEEP_CHUNKS).map(|_| Chunk::with_room_for(0)).collect(),
            next_number: 0,
            in_flight: None,
            held_bytes: 0,
            held_lines: 0,
            accepted: 0,
            written: 0,
            refused: 0,
            phase: Phase::Open,
            idle: Idle::Busy,
            urgent: false,
            waiting: 0,
            stalled: false,
            tally: Tally::default(),
            may_announce: true,
            announced_at: Duration::ZERO,
            process: std::process::id(),
            is_orphaned: false,
        }
    }

    pub(crate) fn has_room_for(&self, length: usize, priority: Priority, options: &QueueOptions) -> bool {
        let bytes = self.held_bytes.saturating_add(length);
        if priority.is_audit {
            bytes <= options.max_bytes.saturating_add(options.audit_reserve)
        } else {
            bytes <= options.max_bytes && self.held_lines < options.max_lines
        }
    }

    /// [Looks](Self::look) before the first line of an empty queue and before few others, so that it costs next to nothing.
    pub(crate) fn look_at_times(&mut self, length: usize) {
        let is_due = |lines: usize| lines == 8 || lines.is_multiple_of(64);
        let may_skip = |chunk: &Chunk| chunk.has_room_for(length) && !is_due(chunk.entries().len());
        if !self.chunks.back().is_some_and(may_skip) {
            self.look();
        }
    }

    /// Asks the system whether this is a child that was forked. The parent writes what was queued or taken before, and says
    /// what was dropped; here that is forgotten.
    pub(crate) fn look(&mut self) {
        let process = std::process::id();
        if std::mem::replace(&mut self.process, process) == process {
            return;
        }
        self.forget_in_flight();
        drop(self.discard());
        self.tally = Tally::default();
        (self.urgent, self.stalled, self.waiting) = (false, false, 0);
        (self.idle, self.is_orphaned) = (Idle::Busy, true);
    }

    /// True once in a forked child, for the caller to start a thread.
    pub(crate) fn take_orphaned(&mut self) -> bool {
        std::mem::take(&mut self.is_orphaned)
    }

    pub(crate) fn append(&mut self, line: &[u8], priority: Priority) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.has_room_for(line.len()) => chunk.push(line, priority),
            _ => {
                let spare = self.spare.pop().filter(|chunk| chunk.has_room_for(line.len()));
                let mut chunk = spare.unwrap_or_else(|| Chunk::with_room_for(line.len()));
                chunk.number = self.next_number;
                self.next_number += 1;
                chunk.push(line, priority);
                self.chunks.push_back(chunk);
            }
        }
        self.held_bytes += line.len();
        self.held_lines += 1;
        self.accepted += 1;
    }

    /// Drops the oldest line that makes room for one of this level.
    pub(crate) fn evict(&mut self, level: Level) -> Option<Entry> {
        let (at, entry) =
            self.chunks.iter_mut().enumerate().find_map(|(at, chunk)| Some((at, chunk.evict(level)?)))?;
        self.held_bytes -= entry.length();
        self.held_lines -= 1;
        if self.chunks[at].is_empty()
            && let Some(mut chunk) = self.chunks.remove(at)
            && chunk.renew()
        {
            self.spare.push(chunk);
        }
        Some(entry)
    }

    /// Hands the oldest chunk to the writer's thread.
    pub(crate) fn take(&mut self) -> Option<Chunk> {
        let chunk = self.chunks.pop_front()?;
        self.in_flight = Some((chunk.number, chunk.bytes().len(), chunk.entries().len()));
        if self.chunks.is_empty() {
            self.urgent = false;
        }
        Some(chunk)
    }

    /// Ends what [`take`](Self::take) began. What is given back should be freed without the lock.
    pub(crate) fn settle(&mut self, mut chunk: Chunk, written: u64) -> Option<Chunk> {
        self.forget_in_flight();
        self.written += written;
        self.stalled = false;
        self.may_announce = written > 0;
        if chunk.renew() {
            self.spare.push(chunk);
            return None;
        }
        Some(chunk)
    }

    /// What was taken will not be settled.
    pub(crate) fn forget_in_flight(&mut self) {
        if let Some((_, bytes, lines)) = self.in_flight.take() {
            self.held_bytes -= bytes;
            self.held_lines -= lines;
        }
    }

    /// Chunks that a burst needed and that nothing needs now.
    pub(crate) fn surplus(&mut self) -> Vec<Chunk> {
        self.spare.split_off(self.spare.len().min(KEEP_CHUNKS))
    }

    /// Everything that is queued, for counting it and letting it go.
    pub(crate) fn discard(&mut self) -> VecDeque<Chunk> {
        for chunk in &self.chunks {
            self.held_bytes -= chunk.bytes().len();
            self.held_lines -= chunk.entries().len();
        }
        std::mem::take(&mut self.chunks)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    pub(crate) fn held_lines(&self) -> usize {
        self.held_lines
    }

    /// The number of the newest chunk that is not settled.
    pub(crate) fn newest(&self) -> Option<u64> {
        let queued = self.chunks.back().map(|chunk| chunk.number);
        queued.or(self.in_flight.map(|(number, ..)| number))
    }

    /// Whether everything up to this chunk is settled.
    pub(crate) fn is_settled(&self, number: u64) -> bool {
        let queued = self.chunks.front().map(|chunk| chunk.number);
        let oldest = self.in_flight.map(|(number, ..)| number).or(queued);
        oldest.is_none_or(|oldest| oldest > number)
    }
}
