use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;
use radiosonde_core::Level;

use super::*;

const BOUNDS: Load = Load { items: 9, bytes: 100 };
const LONG: Duration = Duration::from_secs(60);

/// A simple model of the rule, which decides by trying.
#[derive(Debug, Clone, Default)]
struct Model {
    queued: VecDeque<(Rank, usize)>,
    in_flight: Vec<usize>,
    stalled: bool,
}

impl Model {
    fn held(&self) -> Load {
        let sizes = self.queued.iter().map(|(_, bytes)| bytes).chain(&self.in_flight);
        sizes.fold(Load::default(), |all, bytes| Load { items: all.items + 1, bytes: all.bytes + bytes })
    }

    fn fits(&self, rank: Rank, bytes: usize) -> bool {
        let (items, most) = if rank.is_reserved() { (9 + 2, 100 + 13) } else { (9, 100) };
        let held = self.held();
        held.items < items && held.bytes + bytes <= most
    }

    /// Drops the oldest item that yields, if there is one.
    fn evict(&mut self, rank: Rank) -> Option<usize> {
        let at = self.queued.iter().position(|(queued, _)| queued.yields_to(rank))?;
        self.queued.remove(at).map(|(_, bytes)| bytes)
    }

    fn push(&mut self, rank: Rank, bytes: usize, overflow: Overflow) -> Result<(), Refusal> {
        if bytes > if rank.is_reserved() { 113 } else { 100 } {
            return Err(Refusal::TooLarge);
        }
        let mut after = self.clone();
        while !after.fits(rank, bytes) {
            match overflow {
                Overflow::DropNewest => return Err(Refusal::QueueFull),
                Overflow::DropOldest => after.evict(rank).map(|_| ()).ok_or(Refusal::QueueFull)?,
                // In these tests every wait times out.
                Overflow::Block(_) => {
                    self.stalled = true;
                    return Err(Refusal::Timeout);
                }
            }
        }
        after.queued.push_back((rank, bytes));
        *self = after;
        Ok(())
    }
}

/// Pushes as a queue does; returns whether it would have waited.
fn push(
    admission: &mut Admission,
    queued: &mut VecDeque<(Rank, usize)>,
    (rank, bytes, overflow): (Rank, usize, Overflow),
) -> (Result<(), Refusal>, bool) {
    let can_evict = |needed| {
        let mut all = Load::default();
        queued.iter().filter(|(queued, _)| queued.yields_to(rank)).for_each(|(_, b)| all += Load::one(*b));
        all.covers(needed)
    };
    let mut waited = false;
    match admission.decide(rank, bytes, overflow, can_evict) {
        Decision::Accept => {}
        Decision::Evict => {
            while !admission.has_room_for(rank, bytes) {
                let at = queued.iter().position(|(queued, _)| queued.yields_to(rank)).unwrap();
                admission.release(Load::one(queued.remove(at).unwrap().1));
            }
        }
        Decision::Wait(_) => {
            waited = true;
            let begun = admission.begin_wait();
            assert!(admission.has_waiting());
            if let Err(refusal) = admission.end_wait(begun, rank, bytes) {
                return (Err(refusal), waited);
            }
        }
        Decision::Refuse(refusal) => return (Err(refusal), waited),
    }
    admission.accept(bytes);
    queued.push_back((rank, bytes));
    (Ok(()), waited)
}

#[derive(Debug, Clone)]
enum Step {
    Push(Rank, usize, Overflow),
    Take,
    Settle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rank = (0..6_usize, prop::bool::weighted(0.2)).prop_map(|(level, is_reserved)| {
        let level = Level::ALL[level];
        if is_reserved { Rank::reserved(level) } else { Rank::of(level) }
    });
    let overflow = prop_oneof![
        2 => Just(Overflow::DropNewest),
        5 => Just(Overflow::DropOldest),
        1 => Just(Overflow::Block(LONG)),
    ];
    let size = prop_oneof![8 => 1..30_usize, 1 => 90..120_usize, 1 => Just(usize::MAX)];
    let step = prop_oneof![
        8 => (rank, size, overflow).prop_map(|(rank, size, overflow)| Step::Push(rank, size, overflow)),
        2 => Just(Step::Take),
        1 => Just(Step::Settle),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #[test]
    fn every_decision_is_that_of_a_queue_that_tries(steps in steps()) {
        let (mut admission, mut model) = (Admission::new(BOUNDS), Model::default());
        let (mut queued, mut in_flight) = (VecDeque::new(), Load::default());
        for step in steps {
            match step {
                Step::Push(rank, bytes, overflow) => {
                    let was_stalled = model.stalled;
                    let (result, waited) = push(&mut admission, &mut queued, (rank, bytes, overflow));
                    prop_assert_eq!(result, model.push(rank, bytes, overflow));
                    let in_vain = result == Err(Refusal::Timeout);
                    prop_assert_eq!(waited, in_vain && (rank.is_reserved() || !was_stalled));
                }
                Step::Take => {
                    if let Some((_, bytes)) = queued.pop_front() {
                        in_flight += Load::one(bytes);
                        model.queued.pop_front();
                        model.in_flight.push(bytes);
                    }
                }
                Step::Settle => {
                    admission.settle(std::mem::take(&mut in_flight));
                    (model.in_flight, model.stalled) = (Vec::new(), false);
                }
            }
            prop_assert_eq!(&queued, &model.queued);
            prop_assert_eq!((admission.held(), admission.stalled), (model.held(), model.stalled));
            prop_assert!(!admission.has_waiting());
        }
    }
}

#[test]
fn the_reserve_is_an_eighth_rounded_up() {
    for (items, bytes, more) in [(8, 800, (1, 100)), (1, 1, (1, 1)), (9, 9, (2, 2)), (0, 0, (0, 0))] {
        let admission = Admission::new(Load { items, bytes });
        assert_eq!(admission.bounds[1], Load { items: items + more.0, bytes: bytes + more.1 });
    }
    let most = Load { items: usize::MAX, bytes: usize::MAX };
    assert_eq!(Admission::new(most).bounds, [most, most]);
}

#[test]
fn a_wait_during_which_something_was_settled_does_not_stall_the_queue() {
    let mut admission = Admission::new(Load { items: 1, bytes: 10 });
    let rank = Rank::LOWEST;
    admission.accept(1);
    let begun = admission.begin_wait();
    admission.settle(Load::one(1));
    admission.accept(1);
    assert_eq!(admission.end_wait(begun, rank, 1), Err(Refusal::Timeout));
    let decide = |admission: &Admission| admission.decide(rank, 1, Overflow::Block(LONG), |_| true);
    assert_eq!(decide(&admission), Decision::Wait(LONG));
    let begun = admission.begin_wait();
    assert_eq!(admission.end_wait(begun, rank, 1), Err(Refusal::Timeout));
    assert_eq!(decide(&admission), Decision::Refuse(Refusal::Timeout));
    admission.settle(Load::default());
    assert_eq!(decide(&admission), Decision::Wait(LONG));
}

#[test]
fn a_forked_child_starts_with_nothing() {
    let mut admission = Admission::new(BOUNDS);
    admission.accept(100);
    let begun = admission.begin_wait();
    assert!(admission.end_wait(begun, Rank::LOWEST, 1).is_err());
    admission.begin_wait();
    admission.reset();
    assert_eq!(
        (admission.held(), admission.has_waiting(), admission.stalled),
        (Load::default(), false, false)
    );
    assert!(admission.has_room_for(Rank::LOWEST, 100));
}
