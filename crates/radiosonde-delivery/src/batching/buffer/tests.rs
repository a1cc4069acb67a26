use radiosonde_core::Level;
use radiosonde_metrics::Registry;

use super::*;
use crate::accounting::self_metrics::SelfMetrics;
use crate::options::sink_options::SinkOptions;

fn buffer(options: SinkOptions) -> Buffer<()> {
    let metrics = SelfMetrics::new(&Registry::new()).unwrap().of("x");
    Buffer::new(options.check().unwrap(), metrics)
}

fn send<T>(buffer: &Buffer<T>) -> Batch<T> {
    match buffer.step(true) {
        Step::Send(batch) => batch,
        _ => panic!("something is queued"),
    }
}

fn push(buffer: &Buffer<()>, level: Level) {
    buffer.push((), 1, Rank::of(level), Overflow::DropOldest).unwrap();
}

#[test]
fn an_evicted_item_is_not_settled_before_an_older_one_that_stays() {
    let buffer = buffer(SinkOptions::new("x").max_items(3).batch_items(1));
    push(&buffer, Level::Info);
    let first = send(&buffer);
    push(&buffer, Level::Error);
    let target = AnyBuffer::flush(&buffer);
    for _ in 0..5 {
        push(&buffer, Level::Info);
    }
    assert_eq!(buffer.report().dropped(), 4);
    buffer.settle(first, 0, "");
    assert!(!buffer.is_settled(target), "the error is queued");
    let error = send(&buffer);
    assert!(!buffer.is_settled(target), "the error is in flight");
    buffer.settle(error, 0, "");
    assert!(buffer.is_settled(target));
    assert!(!buffer.is_settled(AnyBuffer::flush(&buffer)), "the last line is queued");
}

#[test]
fn a_flush_waits_for_the_slowest_batch_in_flight() {
    let buffer = buffer(SinkOptions::new("x").batch_items(2).max_in_flight(3));
    for _ in 0..5 {
        push(&buffer, Level::Info);
    }
    let (slow, fast) = (send(&buffer), send(&buffer));
    let target = AnyBuffer::flush(&buffer);
    buffer.settle(fast, 0, "");
    let last = send(&buffer);
    buffer.settle(last, 0, "");
    assert!(!buffer.is_settled(target), "the oldest batch is in flight");
    let (first, second) = buffer.split(slow);
    buffer.settle(second.unwrap(), 1, "refused");
    assert!(!buffer.is_settled(target), "half of it still is");
    buffer.settle(first, 0, "");
    assert!(buffer.is_settled(target));
    assert_eq!(buffer.report().to_string(), "x: 5 produced, 4 delivered, 1 dropped (refused 1), 0 left");
}

#[test]
fn a_flush_sends_no_partial_batch_of_newer_items() {
    let buffer = buffer(SinkOptions::new("x").batch_items(2).max_in_flight(2));
    push(&buffer, Level::Info);
    AnyBuffer::flush(&buffer);
    let Step::Send(flushed) = buffer.step(false) else { panic!("it is flushed") };
    push(&buffer, Level::Info);
    assert!(matches!(buffer.step(false), Step::Filling), "the flush was about older ones");
    buffer.settle(flushed, 0, "");
}

#[test]
fn items_left_at_the_end_are_never_settled() {
    let buffer = buffer(SinkOptions::new("x").batch_items(1).max_in_flight(2));
    (0..3).for_each(|_| push(&buffer, Level::Info));
    let batches = [send(&buffer), send(&buffer)];
    let target = AnyBuffer::flush(&buffer);
    batches.into_iter().for_each(|batch| buffer.settle(batch, 0, ""));
    buffer.discard();
    assert!(!buffer.is_settled(target));
    assert_eq!(buffer.report().left(), 1);
}

/// Batches of a random buffer, the settled numbers among all accepted ones, and what is checked after each step.
struct Model {
    buffer: Buffer<()>,
    in_flight: Vec<Batch<()>>,
    settled: Vec<bool>,
}

impl Model {
    fn settle_one(&mut self, random: &mut fastrand::Rng) {
        let batch = self.in_flight.swap_remove(random.usize(..self.in_flight.len()));
        for (_, at) in &batch.sizes {
            self.settled[usize::try_from(*at).unwrap()] = true;
        }
        let dropped = random.u64(..=batch.items.len() as u64);
        self.buffer.settle(batch, dropped, "refused");
    }

    fn step(&mut self, random: &mut fastrand::Rng) {
        match random.u8(..4) {
            0 | 1 => {
                push(&self.buffer, Level::Info);
                self.settled.push(false);
            }
            2 if self.in_flight.len() < 4 => {
                if let Step::Send(batch) = self.buffer.step(true) {
                    self.in_flight.push(batch);
                }
            }
            3 if !self.in_flight.is_empty() && random.bool() => {
                let batch = self.in_flight.swap_remove(random.usize(..self.in_flight.len()));
                let (first, second) = self.buffer.split(batch);
                self.in_flight.extend([first].into_iter().chain(second));
            }
            _ if !self.in_flight.is_empty() => self.settle_one(random),
            _ => {}
        }
    }

    fn check(&self) {
        let settled = self.settled.iter().take_while(|settled| **settled).count() as u64;
        assert_eq!(self.buffer.lock().settled(), settled);
        let report = self.buffer.report();
        assert_eq!(report.produced(), report.delivered() + report.dropped() + report.left());
        assert_eq!(report.left(), self.settled.iter().filter(|settled| !**settled).count() as u64);
    }
}

#[test]
fn batches_settled_in_any_order_add_up_at_every_moment() {
    for seed in 0..200 {
        let mut random = fastrand::Rng::with_seed(seed);
        let options = SinkOptions::new("x").batch_items(3).max_in_flight(4);
        let mut model = Model { buffer: buffer(options), in_flight: Vec::new(), settled: Vec::new() };
        for _ in 0..100 {
            model.step(&mut random);
            model.check();
        }
    }
}
