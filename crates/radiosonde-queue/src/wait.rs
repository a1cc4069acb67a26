use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use crate::admission::Admission;
use crate::rank::Rank;
use crate::refusal::Refusal;

/// The state that a queue's lock protects.
pub trait Guarded {
    /// The queue's admission.
    fn admission(&mut self) -> &mut Admission;

    /// Whether the queue still accepts items.
    fn is_open(&self) -> bool;
}

/// Blocks this thread until an item of this rank and size fits, for at most `longest`.
///
/// `room` must be notified, for all threads, whenever something is settled and when the queue closes.
///
/// # Errors
/// [`Refusal::Shutdown`] if the queue was closed, otherwise [`Refusal::Timeout`].
pub fn wait_for_room<'a, S: Guarded>(
    mut state: MutexGuard<'a, S>,
    room: &Condvar,
    (rank, bytes): (Rank, usize),
    longest: Duration,
) -> (MutexGuard<'a, S>, Result<(), Refusal>) {
    let begun = state.admission().begin_wait();
    let waits = |state: &mut S| state.is_open() && !state.admission().has_room_for(rank, bytes);
    let waited = room.wait_timeout_while(state, longest, waits);
    let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
    let has_room = state.admission().end_wait(begun, rank, bytes);
    let result = if state.is_open() { has_room } else { Err(Refusal::Shutdown) };
    (state, result)
}
