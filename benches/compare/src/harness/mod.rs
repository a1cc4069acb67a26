//! Runs the same work of several contenders in turns, so that the load of the machine affects all of them alike.

mod allocations;
#[allow(dead_code, reason = "not every binary prints this table")]
mod table;

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "not every binary prints this table")]
pub use table::print;

/// Work that is run and timed.
pub struct Work {
    /// Runs it this many times. The loop is inside, so that the call costs nothing per operation.
    run: Box<dyn Fn(u64) + Send + Sync>,
    /// Waits, untimed, until no background work is left.
    settle: Box<dyn Fn() + Send + Sync>,
}

impl Work {
    pub fn once(&self) {
        (self.run)(1);
        (self.settle)();
    }
}

/// One library, with its work for the cases it supports.
pub struct Contender {
    pub name: &'static str,
    pub works: BTreeMap<&'static str, Work>,
}

impl Contender {
    pub fn new(name: &'static str) -> Self {
        Self { name, works: BTreeMap::new() }
    }

    #[allow(dead_code, reason = "not every binary has a case of one operation")]
    /// Adds the work for a case. `op` receives a running number.
    pub fn case(self, case: &'static str, op: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.batch(case, move |times| (0..times).for_each(&op), || ())
    }

    /// Adds the work for a case that needs code around its loop, or something to finish before others have their turn.
    pub fn batch(
        mut self,
        case: &'static str,
        run: impl Fn(u64) + Send + Sync + 'static,
        settle: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        self.works.insert(case, Work { run: Box::new(run), settle: Box::new(settle) });
        self
    }
}

/// A contender's result for a case: the median over the readings of all rounds, per operation.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub nanoseconds: f64,
    /// On all threads.
    pub allocations: f64,
    /// On the thread that does the work.
    #[allow(dead_code, reason = "not every binary has it in its table")]
    pub of_the_caller: f64,
}

/// One round of one contender lasts about this long.
const ROUND: Duration = Duration::from_millis(20);
/// Clock readings per round, on one thread: most of the intervals between two readings are then not interrupted.
const READINGS: u64 = 40;

/// Measures a case on this many threads at once. Each thread runs all the operations, so perfect scaling takes the time of
/// one thread.
pub fn measure(contenders: &[Contender], case: &str, threads: usize, rounds: usize) -> Vec<Option<Taken>> {
    let works: Vec<_> = contenders.iter().map(|contender| contender.works.get(case)).collect();
    let times: Vec<_> = works.iter().map(|work| work.map_or(0, calibrate)).collect();
    let mut samples = vec![Vec::new(); works.len()];
    for _ in 0..rounds {
        for (at, work) in works.iter().enumerate() {
            let Some(work) = work else { continue };
            let readings = if threads == 1 { times[at].min(READINGS) } else { 1 };
            let each = times[at] / readings;
            for _ in 0..readings {
                samples[at].push(run(work, each, threads).as_secs_f64() * 1e9 / each as f64);
            }
            (work.settle)();
        }
    }
    let taken = |(at, work): (usize, &Option<&Work>)| {
        let work = (*work)?;
        let few = times[at].clamp(1, 1000);
        let [allocations, of_the_caller] =
            allocations::during(|| (work.run)(few)).map(|count| count as f64 / few as f64);
        (work.settle)();
        Some(Taken { nanoseconds: median(&mut samples[at]), allocations, of_the_caller })
    };
    works.iter().enumerate().map(taken).collect()
}

/// The number of operations in a round.
fn calibrate(work: &Work) -> u64 {
    work.once();
    let mut times = 1;
    loop {
        let start = Instant::now();
        (work.run)(times);
        let took = start.elapsed();
        (work.settle)();
        if took >= ROUND / 4 {
            return ((times as f64 * ROUND.as_secs_f64() / took.as_secs_f64()) as u64).max(1);
        }
        times *= 2;
    }
}

fn run(work: &Work, times: u64, threads: usize) -> Duration {
    if threads == 1 {
        let start = Instant::now();
        (work.run)(times);
        return start.elapsed();
    }
    let barrier = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                barrier.wait();
                (work.run)(times);
                barrier.wait();
            });
        }
        barrier.wait();
        let start = Instant::now();
        barrier.wait();
        start.elapsed()
    })
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
