//! Who makes an answer when several ask at once.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

/// One at a time makes an answer, and whoever asked for the same before it was begun gets it too.
///
/// An answer is thus never older than the request that it goes to: who comes while one is being made waits for the next. Nobody
/// waits on a lock for longer than it takes to look at a list.
#[derive(Debug)]
pub(crate) struct Turns<Q, A>(Arc<Mutex<State<Q, A>>>);

#[derive(Debug)]
struct State<Q, A> {
    /// Somebody is making an answer.
    busy: bool,
    /// Answers that nobody has begun to make, and how many wait for each.
    open: Vec<(Arc<Answer<Q, A>>, usize)>,
    /// Who is woken when nobody is busy any more.
    waiting: Vec<(u64, Waker)>,
    next: u64,
}

#[derive(Debug)]
struct Answer<Q, A> {
    question: Q,
    made: OnceLock<A>,
}

impl<Q, A> Default for Turns<Q, A> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { busy: false, open: Vec::new(), waiting: Vec::new(), next: 0 })))
    }
}

fn lock<Q, A>(state: &Mutex<State<Q, A>>) -> MutexGuard<'_, State<Q, A>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<Q: PartialEq, A: Clone> Turns<Q, A> {
    /// Asks.
    pub(crate) fn ask(&self, question: Q) -> Turn<Q, A> {
        let mut state = lock(&self.0);
        let id = state.next;
        state.next += 1;
        let there = state.open.iter_mut().find(|(answer, _)| answer.question == question);
        let answer = if let Some((answer, askers)) = there {
            *askers += 1;
            Arc::clone(answer)
        } else {
            let answer = Arc::new(Answer { question, made: OnceLock::new() });
            state.open.push((Arc::clone(&answer), 1));
            answer
        };
        Turn { state: Arc::clone(&self.0), answer, id, has_yielded: false }
    }
}

/// One who has asked, until dropped.
#[derive(Debug)]
pub(crate) struct Turn<Q, A> {
    state: Arc<Mutex<State<Q, A>>>,
    answer: Arc<Answer<Q, A>>,
    id: u64,
    has_yielded: bool,
}

impl<Q, A: Clone> Turn<Q, A> {
    pub(crate) fn question(&self) -> &Q {
        &self.answer.question
    }

    /// The answer, and whether it was made here, by `make`.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>, make: impl FnOnce(&Q) -> A) -> Poll<(A, bool)> {
        if !self.has_yielded {
            // On a runtime of one thread, others whose requests have come are heard only if the thread is given back once.
            self.has_yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = lock(&self.state);
        if let Some(made) = self.answer.made.get() {
            return Poll::Ready((made.clone(), false));
        }
        if state.busy {
            match state.waiting.iter_mut().find(|(id, _)| *id == self.id) {
                Some((_, waker)) => waker.clone_from(context.waker()),
                None => state.waiting.push((self.id, context.waker().clone())),
            }
            return Poll::Pending;
        }
        state.busy = true;
        state.open.retain(|(answer, _)| !Arc::ptr_eq(answer, &self.answer));
        drop(state);
        let busy = Busy(&self.state);
        let made = self.answer.made.get_or_init(|| make(&self.answer.question)).clone();
        drop(busy);
        Poll::Ready((made, true))
    }
}

impl<Q, A> Drop for Turn<Q, A> {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.waiting.retain(|(id, _)| *id != self.id);
        if let Some(at) = state.open.iter().position(|(answer, _)| Arc::ptr_eq(answer, &self.answer)) {
            state.open[at].1 -= 1;
            if state.open[at].1 == 0 {
                state.open.swap_remove(at);
            }
        }
    }
}

/// Somebody is busy until this is dropped, also by a panic.
struct Busy<'a, Q, A>(&'a Mutex<State<Q, A>>);

impl<Q, A> Drop for Busy<'_, Q, A> {
    fn drop(&mut self) {
        let mut state = lock(self.0);
        state.busy = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    fn poll<A: Clone>(turn: &mut Turn<&'static str, A>, make: impl FnOnce() -> A) -> Poll<(A, bool)> {
        let mut context = Context::from_waker(Waker::noop());
        if !turn.has_yielded {
            assert!(turn.poll(&mut context, |_| unreachable!("at once")).is_pending());
        }
        turn.poll(&mut context, |_| make())
    }

    #[test]
    fn those_who_ask_the_same_before_it_is_begun_share_an_answer() {
        let turns = Turns::default();
        let [mut first, mut second, mut other] = ["a", "a", "b"].map(|question| turns.ask(question));
        assert_eq!(poll(&mut first, || 1), Poll::Ready((1, true)));
        assert_eq!(poll(&mut second, || 2), Poll::Ready((1, false)));
        assert_eq!(poll(&mut other, || 3), Poll::Ready((3, true)));
        let mut later = turns.ask("a");
        assert_eq!(poll(&mut later, || 4), Poll::Ready((4, true)), "an answer is not kept");
    }

    #[test]
    fn who_asks_while_an_answer_is_being_made_waits_for_the_next() {
        struct Count(AtomicUsize);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let turns = Turns::default();
        let woken = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut late = Vec::new();
        let mut first = turns.ask("a");
        let answer = poll(&mut first, || {
            late.extend([turns.ask("a"), turns.ask("a")]);
            for turn in &mut late {
                assert!(poll(turn, || 2).is_pending());
                assert!(turn.poll(&mut Context::from_waker(&waker), |_| 2).is_pending());
            }
            1
        });
        assert_eq!(answer, Poll::Ready((1, true)));
        assert_eq!(woken.0.load(Ordering::SeqCst), 2, "each is woken once");
        assert_eq!(poll(&mut late[0], || 2), Poll::Ready((2, true)));
        assert_eq!(poll(&mut late[1], || 3), Poll::Ready((2, false)));
    }

    #[test]
    fn a_panic_leaves_the_answer_to_the_next() {
        let turns = Turns::default();
        let [mut first, mut second] = ["a", "a"].map(|question| turns.ask(question));
        let panics = || poll(&mut first, || std::panic::resume_unwind(Box::new(())));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(poll(&mut second, || 2), Poll::Ready((2, true)));
    }

    #[test]
    fn nothing_is_kept_of_those_who_left() {
        let turns: Turns<_, ()> = Turns::default();
        let [first, second] = ["a", "a"].map(|question| turns.ask(question));
        drop(first);
        assert_eq!(lock(&turns.0).open.len(), 1);
        drop(second);
        assert!(lock(&turns.0).open.is_empty());
    }
}
