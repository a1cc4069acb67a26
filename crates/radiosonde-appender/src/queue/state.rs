use std::collections::VecDeque;
use std::time::Duration;

use radiosonde_queue::{Admission, Guarded, Load, Rank};

use crate::drops::Drops;
use crate::queue::chunk::{Chunk, Entry};

/// Chunks allocated at the start and kept while idle: 512 KiB.
const KEEP_CHUNKS: usize = 8;

/// The state that a queue's lock protects.
#[derive(Debug)]
pub(crate) struct State {
    /// Oldest first. Lines are appended to the last one.
    chunks: VecDeque<Chunk>,
    spare: Vec<Chunk>,
    next_number: u64,
    /// What the writer's thread has taken and not settled: the chunk's number and its load.
    in_flight: Option<(u64, Load)>,
    pub(crate) admission: Admission,
    /// Lines accepted and lines written.
    pub(crate) accepted: u64,
    pub(crate) written: u64,
    /// Lines that were not accepted.
    pub(crate) refused: u64,
    pub(crate) phase: Phase,
    pub(crate) idle: Idle,
    /// The queue should be written out at once.
    pub(crate) urgent: bool,
    pub(crate) drops: Drops,
    /// False from a failed write until the next successful one.
    pub(crate) may_announce: bool,
    pub(crate) announced_at: Duration,
    /// The process whose thread writes. A forked child has no such thread.
    pub(crate) process: u32,
    /// This is a forked child in which no thread has been started yet.
    is_orphaned: bool,
}

/// The stage of a queue's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// The queue is being emptied and then ends.
    Closing,
    /// The time for emptying it is over.
    Abandoned,
    /// The thread has ended.
    Ended,
}

/// What the writer's thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// It writes, or is about to check the queue.
    Busy,
    /// It checks again after a nap.
    Napping,
    /// It has to be woken.
    Sleeping,
}

impl Guarded for State {
    fn admission(&mut self) -> &mut Admission {
        &mut self.admission
    }

    fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Closing)
    }
}

impl State {
    pub(crate) fn new(bounds: Load) -> Self {
        Self {
            chunks: VecDeque::with_capacity(KEEP_CHUNKS),
            spare: (0..KEEP_CHUNKS).map(|_| Chunk::with_room_for(0)).collect(),
            next_number: 0,
            in_flight: None,
            admission: Admission::new(bounds),
            accepted: 0,
            written: 0,
            refused: 0,
            phase: Phase::Open,
            idle: Idle::Busy,
            urgent: false,
            drops: Drops::default(),
            may_announce: true,
            announced_at: Duration::ZERO,
            process: std::process::id(),
            is_orphaned: false,
        }
    }

    /// [Looks](Self::look) before the first line of an empty queue and before a few others, so that the cost is negligible.
    pub(crate) fn look_at_times(&mut self, length: usize) {
        let is_due = |lines: usize| lines == 8 || lines.is_multiple_of(64);
        let may_skip = |chunk: &Chunk| chunk.has_room_for(length) && !is_due(chunk.entries().len());
        if !self.chunks.back().is_some_and(may_skip) {
            self.look();
        }
    }

    /// Checks with the system whether this is a forked child. If so, forgets the lines and drops of before the fork: the
    /// parent writes and reports those.
    pub(crate) fn look(&mut self) {
        let process = std::process::id();
        if std::mem::replace(&mut self.process, process) == process {
            return;
        }
        (self.in_flight, self.urgent) = (None, false);
        self.chunks.clear();
        self.admission.reset();
        self.drops = Drops::default();
        (self.idle, self.is_orphaned) = (Idle::Busy, true);
    }

    /// True once in a forked child, so that the caller starts a thread.
    pub(crate) fn take_orphaned(&mut self) -> bool {
        std::mem::take(&mut self.is_orphaned)
    }

    pub(crate) fn append(&mut self, line: &[u8], rank: Rank) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.has_room_for(line.len()) => chunk.push(line, rank),
            _ => {
                let spare = self.spare.pop().filter(|chunk| chunk.has_room_for(line.len()));
                let mut chunk = spare.unwrap_or_else(|| Chunk::with_room_for(line.len()));
                chunk.number = self.next_number;
                self.next_number += 1;
                chunk.push(line, rank);
                self.chunks.push_back(chunk);
            }
        }
        self.admission.accept(line.len());
        self.accepted += 1;
    }

    /// Whether the lines that this rank may evict hold this much.
    pub(crate) fn can_evict(&self, newer: Rank, needed: Load) -> bool {
        let mut found = Load::default();
        self.chunks.iter().flat_map(|chunk| chunk.yielding_to(newer)).any(|entry| {
            found += Load::one(entry.length());
            found.covers(needed)
        })
    }

    /// Drops the oldest line that a line of this rank may evict.
    pub(crate) fn evict(&mut self, newer: Rank) -> Option<Entry> {
        let (at, entry) =
            self.chunks.iter_mut().enumerate().find_map(|(at, chunk)| Some((at, chunk.evict(newer)?)))?;
        self.admission.release(Load::one(entry.length()));
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
        self.in_flight = Some((chunk.number, chunk.load()));
        if self.chunks.is_empty() {
            self.urgent = false;
        }
        Some(chunk)
    }

    /// Completes [`take`](Self::take). The caller should free the returned chunk outside the lock.
    pub(crate) fn settle(&mut self, mut chunk: Chunk, written: u64) -> Option<Chunk> {
        let load = self.in_flight.take().map(|(_, load)| load);
        self.admission.settle(load.unwrap_or_default());
        self.written += written;
        self.may_announce = written > 0;
        if chunk.renew() {
            self.spare.push(chunk);
            return None;
        }
        Some(chunk)
    }

    /// Forgets a chunk that was taken and will not be settled.
    pub(crate) fn forget_in_flight(&mut self) {
        if let Some((_, load)) = self.in_flight.take() {
            self.admission.release(load);
        }
    }

    /// Takes chunks that were allocated for a burst and are no longer needed.
    pub(crate) fn surplus(&mut self) -> Vec<Chunk> {
        self.spare.split_off(self.spare.len().min(KEEP_CHUNKS))
    }

    /// Empties the queue and returns its chunks to be counted.
    pub(crate) fn discard(&mut self) -> VecDeque<Chunk> {
        for chunk in &self.chunks {
            self.admission.release(chunk.load());
        }
        std::mem::take(&mut self.chunks)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The number of the newest unsettled chunk.
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
