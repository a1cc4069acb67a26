use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;

use super::*;
use crate::bounded_format::Formatted;
use crate::outcome::Outcome;
use crate::work_ids::WorkIds;

const KEYS: [&str; 70] = keys();

/// 70 different keys of one byte.
const fn keys() -> [&'static str; 70] {
    let all = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdef";
    let mut keys = [""; 70];
    let mut at = 0;
    while at < 70 {
        keys[at] = all.split_at(at).1.split_at(1).0;
        at += 1;
    }
    keys
}

#[derive(Debug, Clone)]
enum Given {
    Number(i64),
    Text(String),
}

/// A text of characters of one, two and three bytes.
fn text(characters: usize) -> String {
    "a\u{e4}\u{20ac}".chars().cycle().take(characters).collect()
}

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![any::<i64>().prop_map(Given::Number), (0..700_usize).prop_map(text).prop_map(Given::Text)]
}

fn entered<R>(part: impl FnOnce() -> R) -> (CanonicalRecord, R) {
    let record = CanonicalRecord::new();
    let returned = CanonicalSlot::new(record.clone()).in_scope(part);
    (record, returned)
}

fn debug_of(record: &CanonicalRecord) -> String {
    record.end();
    format!("{:?}", record.annotations().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_bound_holds_and_the_last_value_counts(all in prop::collection::vec((0..70_usize, given()), 0..200)) {
        let record = CanonicalRecord::new();
        let mut expected = BTreeMap::new();
        for (key, value) in all {
            let key = KEYS[key];
            let put = match &value {
                Given::Number(number) => record.annotate(key, AnnotationValue::I64(*number)),
                Given::Text(text) => record.annotate(key, AnnotationValue::Text(text)),
            };
            match put {
                Ok(formatted) => {
                    let cut = matches!(&value, Given::Text(text) if text.len() > MAX_TEXT_BYTES);
                    prop_assert_eq!(formatted == Formatted::Cut, cut);
                    expected.insert(key, value);
                }
                Err(Refused::Count) => prop_assert_eq!(expected.len(), MAX_ANNOTATIONS),
                Err(refused) => prop_assert_eq!(refused, Refused::Bytes),
            }
        }
        record.end();
        let annotations = record.annotations().unwrap();
        prop_assert_eq!(annotations.len(), expected.len());
        let mut bytes = 0;
        for (key, value) in annotations.iter() {
            match (&expected[key], value) {
                (Given::Number(number), AnnotationValue::I64(kept)) => prop_assert_eq!(*number, kept),
                (Given::Text(text), AnnotationValue::Text(kept)) => {
                    prop_assert!(text.starts_with(kept));
                    prop_assert!(kept.len() <= MAX_TEXT_BYTES && kept.len() + 3 >= text.len().min(MAX_TEXT_BYTES));
                    bytes += kept.len();
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert!(bytes <= MAX_RECORD_BYTES);
    }
}

#[test]
fn an_annotation_goes_to_the_innermost_record() {
    let (outer, inner) = entered(|| {
        annotate("a", AnnotationValue::Bool(true)).unwrap();
        let (inner, ()) = entered(|| annotate("b", AnnotationValue::U64(2)).map(|_| ()).unwrap());
        annotate("c", AnnotationValue::F64(0.5)).unwrap();
        inner
    });
    assert_eq!(annotate("d", AnnotationValue::U64(1)), Err(Refused::NoUnit));
    assert_eq!(debug_of(&outer), "{a=true, c=0.5}");
    assert_eq!(debug_of(&inner), "{b=2}");
}

#[test]
fn a_vacant_slot_is_filled_only_outside_other_units() {
    let mut outer = CanonicalSlot::vacant();
    let mut inner = CanonicalSlot::vacant();
    outer.in_scope(|| assert!(CanonicalRecord::current().is_none()));
    assert!(outer.record().is_none());
    outer.in_scope(|| {
        inner.in_scope(|| annotate("a", AnnotationValue::I64(-1)).unwrap());
        CanonicalSlot::none().in_scope(|| annotate("b", AnnotationValue::Text("\"")).unwrap());
    });
    assert!(inner.record().is_none());
    assert_eq!(debug_of(&outer.take().unwrap()), r#"{a=-1, b="\""}"#);
}

#[test]
fn a_panic_restores_the_record_around_it() {
    let (outer, ()) = entered(|| {
        let panicked = crate::survive::survive(|| entered(|| std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_none());
        annotate("after", AnnotationValue::Bool(true)).unwrap();
    });
    assert!(CanonicalRecord::current().is_none());
    assert_eq!(debug_of(&outer), "{after=true}");
}

#[test]
fn a_record_that_has_ended_refuses_annotations() {
    let (record, ()) = entered(|| {
        CanonicalRecord::with_current(CanonicalRecord::end).unwrap();
        assert_eq!(annotate("late", AnnotationValue::Bool(true)), Err(Refused::Ended));
    });
    assert_eq!(debug_of(&record), "{}");
}

struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new(()))
    }
}

struct Annotates;

impl fmt::Display for Annotates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        annotate_formatted("inner", format_args!("{}", 1)).map_err(|_| fmt::Error)?;
        f.write_str("outer")
    }
}

#[test]
fn a_value_may_panic_or_annotate_while_it_is_formatted() {
    let (record, ()) = entered(|| {
        annotate_formatted("panics", format_args!("{Panics}")).unwrap();
        annotate_formatted("outer", format_args!("{Annotates}")).unwrap();
    });
    assert_eq!(debug_of(&record), r#"{panics="<fmt error>", inner="1", outer="outer"}"#);
}

#[test]
fn a_recycled_record_knows_nothing_of_the_last_one() {
    let (record, ()) = entered(|| annotate("a", AnnotationValue::Text("b")).map(|_| ()).unwrap());
    let ids = |request: &str| WorkIds::new(request.parse().ok().as_ref(), Some(&"abc123".parse().unwrap()));
    record.set_work_ids(ids("req_1"));
    record.set_work_ids(ids("req_2"));
    assert_eq!(record.work_ids(), &ids("req_1"));
    record.set_outcome_hint(Some(Outcome::Shed));
    let other = record.clone();
    drop(record);
    other.end();
    drop(other);

    let next = CanonicalRecord::new();
    assert_eq!((next.work_ids(), next.outcome_hint()), (&WorkIds::NONE, None));
    assert_eq!(debug_of(&next), "{}");
}

#[test]
fn repetitions_are_counted_by_unit_until_it_ends() {
    let (outer, inner) = entered(|| {
        assert_eq!(count_repeated(1, 2), None);
        let (inner, counted) = entered(|| [1, 2, 3].map(|_| count_repeated(1, 2).map(|of| of.count)));
        assert_eq!(counted, [None, Some(2), Some(3)]);
        assert_eq!(count_repeated(1, 2), Some(Repeated { count: 2, is_first: true }));
        CanonicalRecord::with_current(CanonicalRecord::end).unwrap();
        assert_eq!(count_repeated(1, 2), None);
        inner
    });
    drop((outer, inner));
    assert_eq!(entered(|| count_repeated(1, 2)).1, None, "a recycled record has counted nothing");
    assert_eq!(count_repeated(1, 1), None);
}

#[test]
fn layers_read_the_annotations_of_the_line_only_while_it_is_written() {
    let (record, ()) = entered(|| annotate("a", AnnotationValue::Text("b")).map(|_| ()).unwrap());
    record.end();
    let read = || read_line(|annotations| annotations.len());
    assert_eq!(with_line(Some(&record), read), Some(1));
    let empty = CanonicalRecord::new();
    empty.end();
    with_line(Some(&record), || {
        assert_eq!(with_line(Some(&record), read), Some(1));
        // A line without annotations has no field by which a layer would ask.
        assert_eq!(with_line(Some(&empty), || 1), 1);
        assert_eq!(read(), Some(1));
    });
    assert_eq!(read(), None);
}

#[test]
fn a_key_is_neither_empty_nor_long() {
    const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123+";
    let record = CanonicalRecord::new();
    assert_eq!(record.annotate("", AnnotationValue::Bool(true)), Err(Refused::Key));
    assert_eq!(record.annotate(LONG, AnnotationValue::Bool(true)), Err(Refused::Key));
    assert_eq!(record.annotate(&LONG[1..], AnnotationValue::Bool(true)), Ok(Formatted::Whole));
}
