use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use radiosonde_core::{Level, SharedClock};
use radiosonde_queue::{Decision, Guarded as _, Load, Rank, Refusal, wait_for_room};

use crate::drop_counters::DropCounters;
use crate::drop_reason::DropReason;
use crate::drops::Drops;
use crate::queue::chunk::Chunk;
use crate::queue::state::{Idle, Phase, State};
use crate::queue_options::QueueOptions;

/// While lines keep arriving, the writer's thread polls at this interval and needs no wake-up.
const NAP: Duration = Duration::from_millis(1);

/// This many bytes end a nap early.
const NAP_BYTES: usize = 256 * 1024;

/// While lines keep being dropped, the interval at which that is announced.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(1);

/// Refused lines between two system calls that check whether the writer's thread is in this process.
const LOOK_EVERY: u64 = 64;

/// A queue of lines from many threads to the thread that writes them.
#[derive(Debug)]
pub(crate) struct Queue {
    options: QueueOptions,
    dropped: Arc<DropCounters>,
    clock: SharedClock,
    state: Mutex<State>,
    /// Signals the writer's thread that there is work.
    work: Condvar,
    /// Signals threads that log that there is room.
    room: Condvar,
    /// Signals flushes that lines were settled.
    settled: Condvar,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    Taken,
    /// This is a forked child, and the caller has to start its thread.
    Orphaned {
        is_taken: bool,
    },
    /// Dropped and counted.
    Dropped,
    /// The writer's thread has ended: the caller writes the line directly.
    Direct,
}

/// The next step of the writer's thread.
#[derive(Debug)]
pub(crate) enum Work {
    Write(Chunk),
    Announce(Box<Drops>),
    End,
}

impl Queue {
    pub(crate) fn new(options: QueueOptions, dropped: Arc<DropCounters>, clock: SharedClock) -> Self {
        let bounds = Load { items: options.max_lines, bytes: options.max_bytes };
        Self {
            options,
            dropped,
            clock,
            state: Mutex::new(State::new(bounds)),
            work: Condvar::new(),
            room: Condvar::new(),
            settled: Condvar::new(),
        }
    }

    /// Queues a line with its line feed, or applies the overflow policy.
    pub(crate) fn push(&self, line: &[u8], rank: Rank) -> Pushed {
        let mut state = self.lock();
        match state.phase {
            Phase::Open | Phase::Closing => {}
            Phase::Ended => return Pushed::Direct,
            Phase::Abandoned => return self.refuse(state, DropReason::Shutdown, rank.level()),
        }
        if state.admission.has_room_for(rank, line.len()) {
            state.look_at_times(line.len());
        } else {
            let room;
            (state, room) = self.make_room(state, line.len(), rank);
            if let Err(refusal) = room {
                return self.refuse(state, DropReason::from(refusal), rank.level());
            }
        }
        state.append(line, rank);
        if state.take_orphaned() {
            return Pushed::Orphaned { is_taken: true };
        }
        let is_seen_to = match state.idle {
            Idle::Busy => true,
            Idle::Napping => !state.urgent && !self.is_much(&state),
            Idle::Sleeping => false,
        };
        if !is_seen_to {
            state.idle = Idle::Busy;
            drop(state);
            self.work.notify_one();
        }
        Pushed::Taken
    }

    /// Whether enough is queued to end a nap.
    fn is_much(&self, state: &State) -> bool {
        let held = state.admission.held();
        held.bytes >= NAP_BYTES.min(self.options.max_bytes / 4)
            || held.items >= self.options.max_lines.div_ceil(4)
    }

    /// Applies the overflow policy to a line that does not fit; an error if there is still no room.
    fn make_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        length: usize,
        rank: Rank,
    ) -> (MutexGuard<'a, State>, Result<(), Refusal>) {
        state.look_at_times(length);
        let overflow = self.options.overflow.of(rank);
        match state.admission.decide(rank, length, overflow, |needed| state.can_evict(rank, needed)) {
            Decision::Accept => (state, Ok(())),
            Decision::Evict => {
                while !state.admission.has_room_for(rank, length)
                    && let Some(evicted) = state.evict(rank)
                {
                    let level = evicted.rank.level();
                    self.dropped.count(DropReason::Evicted, level, 1);
                    state.drops.add(DropReason::Evicted, level, 1, &*self.clock);
                }
                (state, Ok(()))
            }
            Decision::Wait(longest) => {
                // Before waiting for a thread that may not exist in this process.
                state.look();
                // A thread that logs does not wait for the end of a nap.
                state.urgent = true;
                self.work.notify_one();
                wait_for_room(state, &self.room, (rank, length), longest)
            }
            Decision::Refuse(refusal) => (state, Err(refusal)),
        }
    }

    fn refuse(&self, mut state: MutexGuard<'_, State>, reason: DropReason, level: Level) -> Pushed {
        state.refused += 1;
        if state.refused % LOOK_EVERY == 1 {
            state.look();
        }
        state.drops.add(reason, level, 1, &*self.clock);
        let is_orphaned = state.take_orphaned();
        drop(state);
        self.dropped.count(reason, level, 1);
        if is_orphaned { Pushed::Orphaned { is_taken: false } } else { Pushed::Dropped }
    }

    /// Counts lines that could not be written.
    pub(crate) fn lose(&self, reason: DropReason, level: Level, lines: u64) {
        self.dropped.count(reason, level, lines);
        self.lock().drops.add(reason, level, lines, &*self.clock);
    }

    /// Waits for the next step of the writer's thread.
    pub(crate) fn next(&self) -> Work {
        let mut state = self.lock();
        let mut napped = false;
        loop {
            let is_closing = state.phase != Phase::Open;
            if state.phase == Phase::Abandoned {
                return Work::End;
            }
            let announces = !state.drops.is_empty()
                && state.may_announce
                && (state.is_empty() || state.announced_at + ANNOUNCE_EVERY <= self.clock.monotonic());
            if announces {
                state.announced_at = self.clock.monotonic();
                return Work::Announce(Box::new(std::mem::take(&mut state.drops)));
            }
            let hurry = napped || is_closing || state.urgent || self.is_much(&state);
            if hurry && let Some(chunk) = state.take() {
                return Work::Write(chunk);
            }
            if state.is_empty() && is_closing {
                // Under the same lock, so that every line pushed from now on is written directly.
                state.phase = Phase::Ended;
                return Work::End;
            }
            if !napped {
                state.idle = Idle::Napping;
                state = self.work.wait_timeout(state, NAP).unwrap_or_else(PoisonError::into_inner).0;
            } else {
                let surplus = state.surplus();
                if !surplus.is_empty() {
                    drop(state);
                    drop(surplus);
                    state = self.lock();
                    continue;
                }
                state.idle = Idle::Sleeping;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.idle = Idle::Busy;
            napped = true;
        }
    }

    /// Settles a chunk of which `written` lines were written.
    pub(crate) fn settle(&self, chunk: Chunk, written: u64) {
        let mut state = self.lock();
        let freed = state.settle(chunk, written);
        let waiting = state.admission.has_waiting();
        drop(state);
        drop(freed);
        if waiting {
            self.room.notify_all();
        }
        self.settled.notify_all();
    }

    /// Takes back an announcement that failed. It is retried after a line was written.
    pub(crate) fn take_back(&self, drops: &Drops) {
        let mut state = self.lock();
        state.drops.merge(drops);
        state.may_announce = false;
    }

    /// Pauses the writer's thread before a retry; false if no time is left.
    pub(crate) fn pause(&self, longest: Duration) -> bool {
        let state = self.lock();
        if longest.is_zero() {
            return state.phase != Phase::Abandoned;
        }
        let is_worth_it = |state: &mut State| state.phase != Phase::Abandoned;
        let (state, _) =
            self.work.wait_timeout_while(state, longest, is_worth_it).unwrap_or_else(PoisonError::into_inner);
        state.phase != Phase::Abandoned
    }

    /// Marks the writer's thread as ended.
    pub(crate) fn ended(&self) {
        let mut state = self.lock();
        state.phase = Phase::Ended;
        state.forget_in_flight();
        drop(state);
        self.room.notify_all();
        self.settled.notify_all();
    }

    /// Starts writing out everything queued. Returns the chunk to wait for, if any.
    pub(crate) fn begin_flush(&self) -> Option<u64> {
        let mut state = self.lock();
        let newest = state.newest()?;
        state.urgent = true;
        state.idle = Idle::Busy;
        drop(state);
        self.work.notify_one();
        Some(newest)
    }

    /// Waits until the chunk is written or dropped; false if that takes longer.
    pub(crate) fn wait_for_flush(&self, target: u64, longest: Duration) -> bool {
        let state = self.lock();
        let (state, _) = self
            .settled
            .wait_timeout_while(state, longest, |state| state.is_open() && !state.is_settled(target))
            .unwrap_or_else(PoisonError::into_inner);
        state.is_settled(target)
    }

    /// Asks the writer's thread to empty the queue and end.
    pub(crate) fn begin_close(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
            state.idle = Idle::Busy;
        }
        drop(state);
        self.work.notify_one();
    }

    /// Waits for the writer's thread to end. If it takes longer, queued lines are dropped and counted.
    pub(crate) fn wait_for_close(&self, longest: Duration) -> bool {
        let state = self.lock();
        let is_closing = |state: &mut State| state.phase == Phase::Closing;
        let (mut state, _) = self
            .settled
            .wait_timeout_while(state, longest, is_closing)
            .unwrap_or_else(PoisonError::into_inner);
        if state.phase != Phase::Closing {
            return state.phase == Phase::Ended;
        }
        state.phase = Phase::Abandoned;
        let left = state.discard();
        for entry in left.iter().flat_map(Chunk::entries) {
            self.dropped.count(DropReason::Shutdown, entry.rank.level(), 1);
            state.drops.add(DropReason::Shutdown, entry.rank.level(), 1, &*self.clock);
        }
        drop(state);
        drop(left);
        self.work.notify_all();
        self.room.notify_all();
        self.settled.notify_all();
        false
    }

    /// Whether this is a forked child without a writer's thread. True once, so that the caller starts one.
    pub(crate) fn is_orphaned(&self) -> bool {
        let mut state = self.lock();
        state.look();
        state.take_orphaned()
    }

    /// Lines accepted, written, and still queued.
    pub(crate) fn totals(&self) -> (u64, u64, usize) {
        let state = self.lock();
        (state.accepted, state.written, state.admission.held().items)
    }

    /// Whether a thread holds the lock: for a moment, or for ever if that thread is missing in a forked child.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self.state.try_lock(), Err(TryLockError::WouldBlock))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_core::{LevelNames, SystemClock};
    use radiosonde_metrics::Registry;
    use radiosonde_queue::{Overflow, OverflowPolicy};

    use super::*;
    use crate::output_metrics::OutputMetrics;

    fn queue() -> Queue {
        queue_with(QueueOptions::new())
    }

    fn queue_with(options: QueueOptions) -> Queue {
        let metrics = OutputMetrics::register(&Registry::new(), LevelNames::default()).unwrap();
        let dropped = metrics.dropped("test", DropReason::QUEUED);
        Queue::new(options, Arc::new(dropped), Arc::new(SystemClock))
    }

    fn push(queue: &Queue) -> Pushed {
        queue.push(b"line\n", Rank::of(Level::Info))
    }

    /// Puts the queue in the state that a child finds: with its parent's process number.
    fn fork(queue: &Queue) {
        queue.lock().process += 1;
    }

    #[test]
    fn a_forked_child_is_told_once_to_start_a_thread_and_forgets_what_the_parents_had_taken() {
        let queue = queue();
        assert_eq!(push(&queue), Pushed::Taken);
        assert!(!queue.is_orphaned());
        let taken = queue.next();
        assert!(matches!(&taken, Work::Write(chunk) if chunk.bytes() == b"line\n"), "{taken:?}");
        fork(&queue);
        assert_eq!((push(&queue), push(&queue)), (Pushed::Orphaned { is_taken: true }, Pushed::Taken));
        assert!(!queue.is_orphaned());
        assert_eq!(queue.totals(), (3, 0, 2));
        let Work::Write(chunk) = queue.next() else { panic!("the child's own lines") };
        queue.settle(chunk, 2);
        assert_eq!(queue.totals(), (3, 2, 0));
    }

    #[test]
    fn what_the_parent_had_queued_or_dropped_is_left_to_it() {
        let queue = queue();
        for _ in 0..8 {
            assert_eq!(push(&queue), Pushed::Taken);
        }
        queue.lose(DropReason::Write, Level::Info, 1);
        fork(&queue);
        assert_eq!(push(&queue), Pushed::Orphaned { is_taken: true });
        let work = queue.next();
        assert!(matches!(&work, Work::Write(chunk) if chunk.bytes() == b"line\n"), "{work:?}");

        assert_eq!(push(&queue), Pushed::Taken);
        fork(&queue);
        assert!(queue.is_orphaned() && !queue.is_orphaned());
        assert!(queue.begin_flush().is_none(), "there is nothing of the child's own");
    }

    #[test]
    fn a_forked_child_does_not_wait_for_its_parents_thread() {
        for overflow in [Overflow::Block(Duration::MAX), Overflow::DropOldest] {
            let queue = queue_with(QueueOptions::new().max_lines(8).overflow(OverflowPolicy::all(overflow)));
            for _ in 0..8 {
                assert_eq!(push(&queue), Pushed::Taken);
            }
            fork(&queue);
            assert_eq!(push(&queue), Pushed::Orphaned { is_taken: true }, "{overflow}");
            assert_eq!(queue.totals().2, 1, "{overflow}");
        }
    }

    #[test]
    fn a_lock_that_nobody_releases_is_noticed_without_waiting() {
        let queue = queue();
        let held = queue.lock();
        assert!(queue.is_locked());
        drop(held);
        assert!(!queue.is_locked());
    }

    #[test]
    fn a_queue_without_a_thread_hands_lines_back() {
        let queue = queue();
        queue.ended();
        assert_eq!(push(&queue), Pushed::Direct);
        assert!(queue.wait_for_close(Duration::ZERO) && queue.begin_flush().is_none());
    }
}
