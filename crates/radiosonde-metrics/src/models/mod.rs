//! Loom models of the lock-free parts.

mod tables;

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::instruments::biased::Owner;
use crate::instruments::exemplar_slot::ExemplarSlot;
use crate::instruments::observations::Part;
use crate::instruments::stripe::Numbers;
use crate::sync::{AtomicU64, Ordering};

#[test]
fn an_exemplar_is_read_whole_or_not_at_all() {
    loom::model(|| {
        let slot = Arc::new(ExemplarSlot::default());
        let context = |n: u8| {
            let trace = TraceId::from_bytes([n; 16]).unwrap();
            SpanContext::new(trace, SpanId::from_bytes([n; 8]).unwrap(), TraceFlags::SAMPLED)
        };
        let at = |seconds| Duration::from_secs(seconds);
        slot.offer_at(1.0, &context(1), at(1));
        let writer = thread::spawn({
            let slot = Arc::clone(&slot);
            move || slot.offer_at(2.0, &context(2), at(2))
        });
        if let Some(exemplar) = slot.read() {
            let n = exemplar.trace_id().unwrap().to_bytes()[0];
            assert_eq!(exemplar.span_context(), Some(context(n)));
            assert_eq!(exemplar.value(), f64::from(n));
        }
        writer.join().unwrap();
        assert_eq!(slot.read().unwrap().value(), 2.0);
    });
}

#[test]
fn a_number_that_is_given_back_brings_what_was_written_with_it() {
    loom::model(|| {
        let numbers = Arc::new(Numbers::new());
        let parts = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let work = |numbers: Arc<Numbers>, parts: Arc<[AtomicU64; 2]>| {
            // As the owner of a part writes: without an atomic addition.
            let number = numbers.take(2).unwrap();
            let part = &parts[number];
            // Relaxed: a number guarantees that no other thread writes meanwhile.
            part.store(part.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            numbers.give_back(number);
        };
        let other = thread::spawn({
            let (numbers, parts) = (Arc::clone(&numbers), Arc::clone(&parts));
            move || work(numbers, parts)
        });
        work(Arc::clone(&numbers), Arc::clone(&parts));
        work(Arc::clone(&numbers), Arc::clone(&parts));
        other.join().unwrap();
        // Relaxed: the other thread has ended.
        let total: u64 = parts.iter().map(|part| part.load(Ordering::Relaxed)).sum();
        assert_eq!(total, 3);
    });
}

#[test]
fn a_part_with_an_owner_has_one_writer_at_a_time() {
    loom::model(|| {
        let numbers = Arc::new(Numbers::new());
        let owner = Arc::new(Owner::new());
        let parts = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let work = |numbers: &Numbers, owner: &Owner, parts: &[AtomicU64; 2]| {
            let number = numbers.take(2);
            // Relaxed: the model checks that no other thread writes to the first part meanwhile.
            if owner.is(number) {
                parts[0].store(parts[0].load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            } else {
                parts[1].fetch_add(1, Ordering::Relaxed);
            }
            numbers.give_back(number.unwrap());
        };
        let other = thread::spawn({
            let (numbers, owner, parts) = (Arc::clone(&numbers), Arc::clone(&owner), Arc::clone(&parts));
            move || work(&numbers, &owner, &parts)
        });
        work(&numbers, &owner, &parts);
        work(&numbers, &owner, &parts);
        other.join().unwrap();
        // Relaxed: the other thread has ended.
        let total: u64 = parts.iter().map(|part| part.load(Ordering::Relaxed)).sum();
        assert_eq!(total, 3);
    });
}

#[test]
fn the_buckets_of_a_histogram_never_fall_and_miss_nothing() {
    loom::model(|| {
        // The part of one thread, and that of all others.
        let parts = Arc::new([Part::new(2), Part::new(2)]);
        let read = |parts: &[Part; 2]| {
            let mut counts = [0; 2];
            parts.iter().for_each(|part| part.add_to(&mut counts));
            counts
        };
        let alone = thread::spawn({
            let parts = Arc::clone(&parts);
            move || parts[0].observe_alone(0, 1.0)
        });
        let other = thread::spawn({
            let parts = Arc::clone(&parts);
            move || parts[1].observe(0, 2.0)
        });
        let first = read(&parts);
        parts[1].observe(0, 4.0);
        let second = read(&parts);
        assert!(second[0] > first[0], "{first:?}, then {second:?}");
        alone.join().unwrap();
        other.join().unwrap();
        assert_eq!(read(&parts), [3, 0]);
        assert_eq!(parts.iter().map(Part::sum).sum::<f64>(), 7.0);
    });
}
