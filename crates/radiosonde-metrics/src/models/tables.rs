//! Loom models of the tables: a reader against an insertion, and against a removal.

use std::time::SystemTime;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::model::label_set::LabelSet;
use crate::removable::epochs::Epochs;
use crate::removable::table::RemovableTable;
use crate::storage::seeds::Seeds;
use crate::storage::series::Series;
use crate::storage::table::Table;
use crate::storage::values::Values;
use crate::sync::{AtomicUsize, Ordering};

struct One(&'static str);

impl Values for One {
    fn each(&self, mut see: impl FnMut(&str)) {
        see(self.0);
    }
}

/// What a series holds in a model: written when it is made and when it is freed, so that a reader that is not ordered between the two fails.
struct Watched(UnsafeCell<u64>);

#[allow(unsafe_code, reason = "every access is checked by the model")]
// SAFETY: loom fails when two threads are in it at once, or one may not see what another did.
unsafe impl Sync for Watched {}

impl Watched {
    fn read(&self) -> u64 {
        #[allow(unsafe_code, reason = "every access is checked by the model")]
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }

    fn write(&self, new: u64) {
        #[allow(unsafe_code, reason = "every access is checked by the model")]
        // SAFETY: as above.
        self.0.with_mut(|value| unsafe { *value = new });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.write(u64::MAX);
    }
}

fn series(value: &'static str, cell: u64) -> std::sync::Arc<Series<Watched>> {
    let watched = Watched(UnsafeCell::new(0));
    watched.write(cell);
    Series::new(watched, LabelSet::default(), One(value).to_key(), SystemTime::UNIX_EPOCH)
}

/// Runs `model` in every order that loom finds.
///
/// It tries a read before a write, and after it, when the thread that writes comes first. It does not find that for a thread that
/// reads first if the other itself reads before it writes, because it remembers the last access alone. So readers are
/// spawned here and writers are not, and a model with fewer than `least` orders fails.
fn every_order(least: usize, model: impl Fn() + Sync + Send + 'static) {
    let orders = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&orders);
    loom::model(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        model();
    });
    let orders = orders.load(Ordering::SeqCst);
    println!("{orders} orders");
    assert!(orders >= least, "{orders} orders");
}

fn add(table: &Table<Watched>, value: &'static str, cell: u64) -> u64 {
    table.get_or_insert(&One(value), 100, || series(value, cell)).unwrap().cell.read()
}

#[test]
fn two_who_add_the_same_set_get_the_same_series() {
    every_order(2, || {
        let table = Arc::new(Table::<Watched>::new());
        let other = thread::spawn({
            let table = Arc::clone(&table);
            move || add(&table, "a", 1)
        });
        let mine = add(&table, "a", 2);
        assert_eq!(mine, other.join().unwrap());
        assert_eq!(table.sorted().len(), 1);
    });
}

#[test]
fn whoever_finds_a_series_while_it_is_added_finds_all_of_it() {
    every_order(5, || {
        let table = Arc::new(Table::<Watched>::new());
        let reads = thread::spawn({
            let table = Arc::clone(&table);
            move || table.get(&One("a")).map(|found| found.cell.read())
        });
        add(&table, "a", 1);
        assert!(matches!(reads.join().unwrap(), None | Some(1)));
    });
}

#[test]
fn what_was_there_is_found_while_the_table_grows() {
    every_order(5, || {
        let table = Arc::new(Table::<Watched>::new());
        add(&table, "a", 1);
        let reads = thread::spawn({
            let table = Arc::clone(&table);
            move || table.get(&One("a")).map(|found| found.cell.read())
        });
        // The second does not fit into half of two slots.
        add(&table, "b", 2);
        assert_eq!(reads.join().unwrap(), Some(1));
    });
}

fn put(table: &RemovableTable<Watched>, value: &'static str, cell: u64) {
    let entry = table.get_or_insert(&One(value), Some(100), || series(value, cell), |_| {});
    drop(entry.unwrap());
}

fn look(table: &RemovableTable<Watched>, value: &'static str) -> Option<u64> {
    table.read(&One(value), |entry| entry.series.cell.read())
}

#[test]
fn nothing_is_freed_while_somebody_reads_it() {
    every_order(10, || {
        let table = Arc::new(RemovableTable::<Watched>::new());
        put(&table, "a", 1);
        let reads = thread::spawn({
            let table = Arc::clone(&table);
            move || look(&table, "a")
        });
        assert!(table.remove(&One("a")));
        // Two advances, if no reader is in the way, and then it is freed.
        table.reclaim();
        table.reclaim();
        assert!(matches!(reads.join().unwrap(), None | Some(1)));
        assert_eq!(look(&table, "a"), None);
    });
}

#[test]
fn whoever_finds_a_series_in_a_reused_slot_finds_all_of_it() {
    every_order(10, || {
        let table = Arc::new(RemovableTable::<Watched>::new());
        put(&table, "a", 1);
        let reads = thread::spawn({
            let table = Arc::clone(&table);
            move || (look(&table, "a"), look(&table, "b"))
        });
        assert!(table.remove(&One("a")));
        put(&table, "b", 2);
        let (a, b) = reads.join().unwrap();
        assert!(matches!(a, None | Some(1)) && matches!(b, None | Some(2)));
    });
}

#[test]
fn the_slots_of_a_table_that_has_grown_are_not_freed_while_somebody_reads_them() {
    every_order(10, || {
        let table = Arc::new(RemovableTable::<Watched>::new());
        put(&table, "a", 1);
        let reads = thread::spawn({
            let table = Arc::clone(&table);
            move || look(&table, "a")
        });
        put(&table, "b", 2);
        table.reclaim();
        table.reclaim();
        assert_eq!(reads.join().unwrap(), Some(1), "it does not move while it grows");
    });
}

/// Two sets that begin at the same slot of four.
fn neighbours() -> [&'static str; 2] {
    let home = |value| One(value).hash(&Seeds::new()) % 4;
    let others = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"];
    ["a", others.into_iter().find(|other| home(other) == home("a")).unwrap()]
}

#[test]
fn a_full_table_never_lacks_what_moves() {
    let [first, second] = neighbours();
    every_order(10, move || {
        let table = Arc::new(RemovableTable::<Watched>::new());
        put(&table, first, 1);
        put(&table, second, 2);
        let none = table.get_or_insert(&One("x"), Some(2), || series("x", 3), |_| {});
        assert!(none.is_none() && table.is_full_without(&One("x")));
        let reads = thread::spawn({
            let table = Arc::clone(&table);
            move || table.is_full_without(&One(second))
        });
        assert!(table.remove(&One(first)));
        assert!(!reads.join().unwrap());
    });
}

/// Something that is taken out of sight, and freed after two turns: 0 is out of sight.
fn freed_after_two_turns(number: Option<usize>) {
    every_order(10, move || {
        let shown = Arc::new((Epochs::new(), AtomicUsize::new(1), Watched(UnsafeCell::new(7))));
        let reads = thread::spawn({
            let shown = Arc::clone(&shown);
            move || {
                for _ in 0..2 {
                    let reading = shown.0.enter_as(number);
                    // Relaxed: what orders it is tried here.
                    if shown.1.load(Ordering::Relaxed) == 1 {
                        assert_eq!(shown.2.read(), 7);
                    }
                    drop(reading);
                }
            }
        });
        // Relaxed: as above.
        shown.1.store(0, Ordering::Relaxed);
        if shown.0.try_advance() && shown.0.try_advance() {
            shown.2.write(0);
        }
        reads.join().unwrap();
    });
}

#[test]
fn those_who_share_a_count_keep_what_they_read() {
    freed_after_two_turns(None);
}

#[test]
fn those_who_have_a_count_of_their_own_keep_what_they_read() {
    freed_after_two_turns(Some(0));
}
