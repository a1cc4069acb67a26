//! The exponential buckets of one series.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use radiosonde_core::{Clock, SpanContext};

use crate::instruments::exemplar_slot::Exemplars;
use crate::instruments::native::index::{FINEST, coarsened, end, finest};
use crate::instruments::native::policy::{Limited, Policy};
use crate::instruments::native::restarted_sum::RestartedSum;
use crate::instruments::native::settings::{COARSEST, Native};
use crate::instruments::native::slots::{Count, Generation, Slots, Taken};
use crate::model::exemplar::Exemplar;
use crate::model::samples::NativeSample;
use crate::once_box::OnceBox;
use crate::reentrancy::{Locked, lock, outermost};
use crate::sync::{AtomicU64, Mutex, Ordering};

/// Adding finds the bucket and adds to it, without a lock unless the bucket is new or another thread is changing what they are.
#[derive(Debug)]
pub(crate) struct NativeBuckets {
    native: Native,
    /// See [`State`].
    state: AtomicU64,
    /// The bits of an `f64`.
    zero_threshold: AtomicU64,
    zero: Count,
    slots: Slots,
    /// Held while the set of buckets changes.
    layout: Mutex<Layout>,
    /// The sum since the last reset, for a histogram whose sum was infinite then.
    sum: RestartedSum,
    exemplars: OnceBox<Exemplars>,
}

#[derive(Debug)]
struct Layout {
    taken: Taken,
    /// The time of the last reset, by the monotonic clock.
    began: Duration,
    /// The same as a time, unless it is that of the series itself.
    created: Option<SystemTime>,
    /// The classic buckets and the sum at that time.
    before: Option<Totals>,
    /// Whether the next observation resets it.
    due: bool,
}

/// The classic buckets and the sum at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) counts: Box<[u64]>,
    pub(crate) sum: f64,
}

/// The generation of the counts, and the schema.
#[derive(Debug, Clone, Copy)]
struct State {
    generation: Generation,
    schema: i32,
}

impl State {
    #[inline]
    fn from_bits(bits: u64) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "four bits")]
        let coarser = (bits & 0xf) as i32;
        Self { generation: Generation::from_bits(bits), schema: FINEST - coarser }
    }

    fn to_bits(self) -> u64 {
        self.generation.to_bits() | u64::from((FINEST - self.schema).unsigned_abs())
    }
}

/// The index and the sign as one number, never zero.
#[inline]
fn key(index: i32, negative: bool) -> u64 {
    (u64::from(index.cast_unsigned()) << 1 | u64::from(negative)) + 1
}

fn parts(key: u64) -> (i32, bool) {
    let key = key - 1;
    #[allow(clippy::cast_possible_truncation, reason = "what was put there")]
    let index = (key >> 1) as u32;
    (index.cast_signed(), key & 1 == 1)
}

/// How many exemplars there are, one for each power of two between, and how old they get.
const EXEMPLARS: i32 = 10;
const EXEMPLAR_AGE: Duration = Duration::from_secs(300);

impl NativeBuckets {
    pub(crate) fn new(native: Native, clock: &impl Clock) -> Self {
        let state = State { generation: Generation::FIRST, schema: native.schema };
        let layout = Layout {
            taken: Taken::default(),
            began: clock.monotonic(),
            created: None,
            before: None,
            due: false,
        };
        Self {
            native,
            state: AtomicU64::new(state.to_bits()),
            zero_threshold: AtomicU64::new(native.zero_threshold.to_bits()),
            zero: Count::new(Generation::FIRST),
            slots: Slots::new(),
            layout: Mutex::new(layout),
            sum: RestartedSum::default(),
            exemplars: OnceBox::new(),
        }
    }

    /// Adds a finite value, if its bucket exists and no thread is changing the buckets.
    #[inline]
    pub(crate) fn add(&self, value: f64) -> bool {
        // Acquire: what belongs to the generation is there.
        let State { generation, schema } = State::from_bits(self.state.load(Ordering::Acquire));
        // Acquire: a thread that sees the threshold of a later generation sees that the counts are closed.
        if value.abs() <= f64::from_bits(self.zero_threshold.load(Ordering::Acquire)) {
            return self.zero.increment(generation);
        }
        let key = key(coarsened(finest(value), schema), value < 0.0);
        self.slots.find(key).is_some_and(|count| count.increment(generation))
    }

    /// Adds a finite value in any case, and keeps to the limit. `totals` is what classic buckets and the sum have without this value.
    ///
    /// `false` if the program's allocator asks while this thread is here: then it is not added.
    #[cold]
    pub(crate) fn add_anyway(
        &self,
        value: f64,
        limited: &Limited,
        clock: &impl Clock,
        totals: impl Fn() -> Totals,
    ) -> bool {
        outermost(|| self.add_under_the_lock(value, limited, clock, totals)).is_some()
    }

    fn add_under_the_lock(
        &self,
        value: f64,
        limited: &Limited,
        clock: &impl Clock,
        totals: impl Fn() -> Totals,
    ) {
        let mut layout = self.layout();
        if layout.due {
            self.reset(&mut layout, clock, totals());
            limited.count(Policy::Reset);
        }
        // Another thread may have made the bucket meanwhile.
        if self.add(value) {
            return;
        }
        self.make_bucket(&mut layout, value);
        if layout.taken.total() <= self.native.max_buckets {
            return;
        }
        if self.may_reset(&layout, clock) {
            self.reset(&mut layout, clock, totals());
            limited.count(Policy::Reset);
            if !self.add(value) {
                self.make_bucket(&mut layout, value);
            }
            return;
        }
        while layout.taken.total() > self.native.max_buckets {
            if self.widen(&mut layout) {
                limited.count(Policy::Widen);
            } else if self.halve(&mut layout) {
                limited.count(Policy::Halve);
            } else {
                return;
            }
        }
    }

    fn layout(&self) -> Locked<'_, Layout> {
        lock(&self.layout)
    }

    /// Under the lock.
    fn state(&self) -> State {
        // Relaxed: it changes under the lock.
        State::from_bits(self.state.load(Ordering::Relaxed))
    }

    /// Under the lock.
    fn threshold(&self) -> f64 {
        // Relaxed: it changes under the lock.
        f64::from_bits(self.zero_threshold.load(Ordering::Relaxed))
    }

    /// With this value in it.
    fn make_bucket(&self, layout: &mut Layout, value: f64) {
        let State { generation, schema } = self.state();
        let key = key(coarsened(finest(value), schema), value < 0.0);
        self.slots.insert(&mut layout.taken, key, generation, 1);
    }

    fn may_reset(&self, layout: &Layout, clock: &impl Clock) -> bool {
        let age = clock.monotonic().saturating_sub(layout.began);
        self.native.reset_after.is_some_and(|least| age >= least)
    }

    fn reset(&self, layout: &mut Layout, clock: &impl Clock, totals: Totals) {
        layout.began = clock.monotonic();
        layout.created = Some(clock.now());
        // Before it opens: a thread that adds to a bucket opened then adds to this sum too.
        self.sum.begin_unless(totals.sum.is_finite());
        layout.before = Some(totals);
        layout.due = false;
        let (generation, ..) = self.close(layout);
        let state = State { generation, schema: self.native.schema };
        self.open(layout, state, self.native.zero_threshold, 0, []);
    }

    /// Lets the zero bucket take in what is next to it, on either side.
    fn widen(&self, layout: &mut Layout) -> bool {
        let State { schema, .. } = self.state();
        let Some(nearest) = self.slots.iter().map(|(key, _)| parts(key).0).min() else { return false };
        let threshold = end(nearest, schema);
        if threshold > self.native.max_zero_threshold {
            return false;
        }
        let (generation, mut zero, mut buckets) = self.close(layout);
        buckets.retain(|&(bucket, count)| {
            let stays = parts(bucket).0 > nearest;
            zero += if stays { 0 } else { count };
            stays
        });
        self.open(layout, State { generation, schema }, threshold, zero, buckets);
        true
    }

    /// Makes one bucket of every two.
    fn halve(&self, layout: &mut Layout) -> bool {
        let State { schema, .. } = self.state();
        if schema <= COARSEST {
            return false;
        }
        let (generation, zero, buckets) = self.close(layout);
        let mut halved = BTreeMap::<_, u64>::new();
        for (bucket, count) in buckets {
            let (index, negative) = parts(bucket);
            *halved.entry(key((index + 1) >> 1, negative)).or_default() += count;
        }
        self.open(layout, State { generation, schema: schema - 1 }, self.threshold(), zero, halved);
        true
    }

    /// Takes everything out; additions have to wait for [`open`](Self::open). The generation to open with, the zero bucket, the others.
    fn close(&self, layout: &mut Layout) -> (Generation, u64, Vec<(u64, u64)>) {
        let next = self.state().generation.next();
        (next, self.zero.close(next), self.slots.close(&mut layout.taken, next))
    }

    fn open(
        &self,
        layout: &mut Layout,
        state: State,
        threshold: f64,
        zero: u64,
        buckets: impl IntoIterator<Item = (u64, u64)>,
    ) {
        for (key, count) in buckets {
            self.slots.insert(&mut layout.taken, key, state.generation, count);
        }
        self.zero.open(state.generation, zero);
        // Release: a thread that sees it sees that the counts are closed.
        self.zero_threshold.store(threshold.to_bits(), Ordering::Release);
        // Release: a thread that sees the generation sees all of the above.
        self.state.store(state.to_bits(), Ordering::Release);
    }

    /// Keeps the observation as the exemplar of its power of two, if that is due.
    pub(crate) fn offer(&self, value: f64, context: &SpanContext) {
        if let Some(exemplars) = self.exemplars() {
            exemplars.offer(Self::place(value), value, context);
        }
    }

    /// `None` if the program's allocator asks while this thread makes them.
    pub(crate) fn exemplars(&self) -> Option<&Exemplars> {
        self.exemplars.get_or_make(|| Exemplars::new(EXEMPLARS.unsigned_abs() as usize))
    }

    /// Where the exemplar of a value is kept: so that a rare one far from the others is not driven out by them.
    pub(crate) fn place(value: f64) -> usize {
        let power = if value == 0.0 { 0 } else { coarsened(finest(value), 0) };
        power.rem_euclid(EXEMPLARS).unsigned_abs() as usize
    }

    /// Everything as it is now. A histogram that lost resolution and may be reset will be by the next observation.
    pub(crate) fn read(&self, clock: &impl Clock) -> Reading {
        let mut layout = self.layout();
        let (State { generation, schema }, zero_threshold) = (self.state(), self.threshold());
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for (key, count) in self.slots.iter() {
            let (index, below) = parts(key);
            if below { &mut negative } else { &mut positive }.push((index, count));
        }
        positive.sort_unstable();
        negative.sort_unstable();
        let reading = Reading {
            schema,
            zero_threshold,
            zero_count: self.zero.get(),
            positive,
            negative,
            exemplars: self.current_exemplars(clock),
            created: layout.created,
            before: layout.before.clone().unwrap_or_default(),
            sum: self.sum.get(),
        };
        let lost = schema < self.native.schema || zero_threshold > self.native.zero_threshold;
        if lost && !layout.due && self.may_reset(&layout, clock) {
            layout.due = true;
            // Of a generation that no count is of, so that the next one to add comes by.
            // Release: as in `open`.
            self.state.store(State { generation: generation.next(), schema }.to_bits(), Ordering::Release);
        }
        reading
    }

    /// What classic buckets and the sum had at the last reset.
    pub(crate) fn before(&self) -> Totals {
        self.layout().before.clone().unwrap_or_default()
    }

    /// The sum since the last reset, where it is kept here.
    pub(crate) const fn sum(&self) -> &RestartedSum {
        &self.sum
    }

    fn current_exemplars(&self, clock: &impl Clock) -> Vec<Exemplar> {
        let Some(exemplars) = self.exemplars.get() else { return Vec::new() };
        let now = clock.now();
        let is_current = |exemplar: &Exemplar| {
            // One from the future is of a clock that was set back.
            exemplar.timestamp().is_some_and(|at| now.duration_since(at).unwrap_or_default() < EXEMPLAR_AGE)
        };
        let mut current: Vec<_> = exemplars.read().into_iter().flatten().filter(is_current).collect();
        current.sort_by(|a, b| a.value().total_cmp(&b.value()));
        current
    }
}

/// A [`NativeSample`] that owns what it shows, and when it began.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    schema: i32,
    zero_threshold: f64,
    zero_count: u64,
    positive: Vec<(i32, u64)>,
    negative: Vec<(i32, u64)>,
    exemplars: Vec<Exemplar>,
    pub(crate) created: Option<SystemTime>,
    pub(crate) before: Totals,
    /// The sum, where it is not that of all parts without that of before.
    pub(crate) sum: Option<f64>,
}

impl Reading {
    pub(crate) fn sample(&self) -> NativeSample<'_> {
        NativeSample {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            positive: &self.positive,
            negative: &self.negative,
            exemplars: &self.exemplars,
        }
    }
}
