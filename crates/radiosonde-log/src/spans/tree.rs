use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use radiosonde_core::SpanTable;
use tracing_core::Metadata;

use crate::rendering::fields::{Fields, Limits};
use crate::spans::node::Node;

/// Unrelated spans may share a counter, which only costs time.
const LINEAGES: usize = 256;

/// The open spans of a layer, with the fields that lines within them inherit.
///
/// A span is rendered once, and joined with its ancestors when it is opened: an event takes one look-up and one copy,
/// however deep it is. Recording into a span with children makes those below join again, each at its next event. Locks are
/// held while rendered bytes are copied, and never while foreign code runs.
#[derive(Debug)]
pub(crate) struct Spans {
    pub(crate) number: u64,
    open: SpanTable<Box<Node>>,
    /// By lineage: how often a span with children was recorded into.
    changes: [AtomicU32; LINEAGES],
}

impl Spans {
    pub(crate) fn new() -> Self {
        static LAYERS: AtomicU64 = AtomicU64::new(1);
        Self {
            // Relaxed: the numbers only have to differ.
            number: LAYERS.fetch_add(1, Ordering::Relaxed),
            open: SpanTable::new(),
            changes: [const { AtomicU32::new(0) }; LINEAGES],
        }
    }

    pub(crate) fn knows(&self, id: u64) -> bool {
        self.open.shard(id).contains_key(&id)
    }

    pub(crate) fn metadata(&self, id: u64) -> Option<&'static Metadata<'static>> {
        self.open.shard(id).get(&id).map(|node| node.metadata)
    }

    /// Adds a span with its fields, which are taken if the span can keep their buffers.
    pub(crate) fn open(
        &self,
        id: u64,
        metadata: &'static Metadata<'static>,
        parent: Option<u64>,
        fields: &mut Fields,
        limits: Limits,
    ) {
        let mut node = Node::take(metadata);
        node.start_own(fields, limits);
        node.own.order_top();
        node.parent = parent.filter(|parent| self.put_below(&mut node, *parent, limits));
        if node.parent.is_none() {
            // Any number works; the upper bits differ most.
            node.lineage = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        }
        self.open.shard(id).insert(id, node);
    }

    /// Joins a new span's fields with those of its parent, if that is open.
    fn put_below(&self, node: &mut Node, parent: u64, limits: Limits) -> bool {
        let mut shard = self.open.shard(parent);
        if shard.get(&parent).is_some_and(|above| self.is_outdated(above)) {
            drop(shard);
            self.join(parent, limits, |_| {});
            // If another change happens in between, the new span is as outdated as its parent, and joins at its first event.
            shard = self.open.shard(parent);
        }
        let Some(above) = shard.get_mut(&parent) else { return false };
        above.has_children = true;
        node.lineage = above.lineage;
        node.start_all(limits);
        if above.parent.is_none() {
            // The counter is read under the lock that a change of the fields takes.
            node.made_at = self.changes(above);
            node.all.fill_from(&above.own, limits);
        } else {
            node.made_at = above.made_at;
            node.all.fill_from(&above.all, limits);
        }
        node.all.order_top();
        true
    }

    /// Updates a span's fields with newly recorded values.
    pub(crate) fn update(&self, id: u64, newer: &Fields, limits: Limits) {
        let mut shard = self.open.shard(id);
        let Some(node) = shard.get_mut(&id) else { return };
        node.own.update_from(newer, limits);
        node.own.order_top();
        node.version = node.version.wrapping_add(1);
        if node.parent.is_some() {
            // A span's own fields precede its ancestors', whatever happened to the spans in between.
            node.all.update_from(newer, limits);
            node.all.order_top();
        }
        if node.has_children {
            // Release, for the Acquire in `changes`: a thread that sees the new count sees the new fields.
            self.changes[usize::from(node.lineage)].fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn close(&self, id: u64) {
        let node = self.open.shard(id).remove(&id);
        if let Some(node) = node {
            node.give_back();
        }
    }

    /// Adds the fields of a span and its ancestors to a line; `false` if the span has closed.
    pub(crate) fn hand_down(&self, id: u64, line: &mut Fields, limits: Limits) -> bool {
        let shard = self.open.shard(id);
        match shard.get(&id) {
            Some(node) if self.is_outdated(node) => {
                drop(shard);
                self.join(id, limits, |all| line.fill_from(all, limits));
            }
            Some(node) => line.fill_from(if node.parent.is_none() { &node.own } else { &node.all }, limits),
            None => return false,
        }
        true
    }

    /// Calls `show` for a span and its ancestors, the outermost first.
    pub(crate) fn outermost_first(&self, id: u64, mut show: impl FnMut(&'static str, &Fields)) {
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            path.push(id);
            next = self.open.shard(id).get(&id).and_then(|node| node.parent);
        }
        for id in path.into_iter().rev() {
            if let Some(node) = self.open.shard(id).get(&id) {
                show(node.metadata.name(), &node.own);
            }
        }
    }

    fn changes(&self, node: &Node) -> u32 {
        // Acquire: pairs with the Release in `update`.
        self.changes[usize::from(node.lineage)].load(Ordering::Acquire)
    }

    fn is_outdated(&self, node: &Node) -> bool {
        node.parent.is_some() && node.made_at != self.changes(node)
    }

    /// Joins a span's fields with its ancestors' again, and lends them. Only one lock is held at a time: the spans may be in
    /// the same shard.
    fn join(&self, id: u64, limits: Limits, lend: impl FnOnce(&Fields)) {
        let (mut all, mut next, made_at, version) = {
            let mut shard = self.open.shard(id);
            let Some(node) = shard.get_mut(&id) else { return };
            let made_at = self.changes(node);
            node.start_all(limits);
            // Marked as outdated until it is put back, so that the empty fields are not used.
            node.made_at = made_at.wrapping_sub(1);
            (std::mem::take(&mut node.all), node.parent, made_at, node.version)
        };
        while let Some(ancestor) = next {
            let shard = self.open.shard(ancestor);
            let Some(node) = shard.get(&ancestor) else { break };
            all.fill_from(&node.own, limits);
            next = node.parent;
        }
        all.order_top();
        lend(&all);
        let mut shard = self.open.shard(id);
        if let Some(node) = shard.get_mut(&id) {
            node.all = all;
            // Misses values recorded into the span meanwhile: then the next event joins again.
            let is_current = node.version == version;
            node.made_at = if is_current { made_at } else { made_at.wrapping_sub(1) };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use radiosonde_core::LevelNames;
    use tracing_core::callsite::{Callsite, Identifier};
    use tracing_core::field::FieldSet;
    use tracing_core::{Interest, Kind, Level};

    use super::*;
    use crate::planning::plan::{FieldPlan, plan_field};
    use crate::redacting::redaction::Redaction;
    use crate::rendering::value::Value;
    use crate::schemas::keys::Keys;
    use crate::schemas::reserved_key::Origin;
    use crate::schemas::schema::Schema;

    struct Here;

    static HERE: Here = Here;
    static METADATA: Metadata<'static> = Metadata::new(
        "span",
        "tests",
        Level::INFO,
        None,
        None,
        None,
        FieldSet::new(&[], Identifier(&HERE)),
        Kind::SPAN,
    );

    impl Callsite for Here {
        fn set_interest(&self, _: Interest) {}
        fn metadata(&self) -> &Metadata<'_> {
            &METADATA
        }
    }

    const LIMITS: Limits = Limits { line_bytes: 10_000, fields: 100 };
    const NAMES: [&str; 5] = ["a", "b", "c", "user_id", "status"];

    fn field(keys: &Keys, name: usize, value: u64) -> Fields {
        let mut fields = Fields::default();
        let schema = Schema::new("orders", LevelNames::default());
        if let FieldPlan::Render(shown) =
            plan_field(NAMES[name], Origin::Inherited, &schema, keys, &Redaction::none())
        {
            fields.put(&shown, Value::U64(value), LIMITS, &Redaction::none());
        }
        fields
    }

    #[derive(Debug, Clone)]
    enum Step {
        /// Opens a span below an existing one.
        Open {
            below: usize,
            name: usize,
        },
        Record {
            into: usize,
            name: usize,
        },
        Event {
            within: usize,
        },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_usize..20, 0..NAMES.len()).prop_map(|(below, name)| Step::Open { below, name }),
            (0_usize..20, 0..NAMES.len()).prop_map(|(into, name)| Step::Record { into, name }),
            (0_usize..20).prop_map(|within| Step::Event { within }),
        ]
    }

    proptest! {
        #[test]
        fn a_line_has_what_a_walk_up_the_tree_finds(steps in prop::collection::vec(step(), 1..60)) {
            let (spans, keys) = (Spans::new(), Keys::default());
            // By span: its parent, and the last value of each name.
            let mut model: Vec<(Option<usize>, [Option<u64>; 5])> = vec![(None, [None; 5])];
            spans.open(1, &METADATA, None, &mut Fields::default(), LIMITS);
            for (value, step) in steps.into_iter().enumerate() {
                let value = value as u64;
                match step {
                    Step::Open { below, name } => {
                        let below = below % model.len();
                        let mut own = [None; 5];
                        own[name] = Some(value);
                        model.push((Some(below), own));
                        let id = model.len() as u64;
                        spans.open(id, &METADATA, Some(below as u64 + 1), &mut field(&keys, name, value), LIMITS);
                    }
                    Step::Record { into, name } => {
                        let into = into % model.len();
                        model[into].1[name] = Some(value);
                        spans.update(into as u64 + 1, &field(&keys, name, value), LIMITS);
                    }
                    Step::Event { within } => {
                        let within = within % model.len();
                        let mut found = Fields::default();
                        spans.hand_down(within as u64 + 1, &mut found, LIMITS);
                        let mut expected = [None; 5];
                        let mut next = Some(within);
                        while let Some(at) = next {
                            for (value, own) in expected.iter_mut().zip(model[at].1) {
                                *value = value.or(own);
                            }
                            next = model[at].0;
                        }
                        let shown = NAMES.map(|name| {
                            found.entries().iter().find(|entry| found.key(entry) == name).map(|entry| found.value(entry))
                        });
                        let expected = expected.map(|value| value.map(|value| value.to_string()));
                        let quoted = expected[3].as_ref().map(|value| format!("\"{value}\""));
                        let expected = [&expected[0], &expected[1], &expected[2], &quoted, &expected[4]];
                        prop_assert_eq!(shown, expected.map(|value| value.as_deref()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_closed_spans_buffers_carry_nothing_over() {
        let (spans, keys) = (Spans::new(), Keys::default());
        spans.open(1, &METADATA, None, &mut field(&keys, 0, 1), LIMITS);
        spans.open(2, &METADATA, Some(1), &mut field(&keys, 3, 2), LIMITS);
        spans.close(2);
        spans.close(1);
        spans.open(3, &METADATA, Some(1), &mut field(&keys, 1, 3), LIMITS);
        let mut found = Fields::default();
        spans.hand_down(3, &mut found, LIMITS);
        assert_eq!((found.top(), found.rest()), ("", ",\"b\":3"));
        assert!(!spans.knows(1) && !spans.knows(2));
    }

    #[test]
    fn what_is_recorded_while_a_line_joins_is_in_the_next() {
        let (spans, keys) = (Spans::new(), Keys::default());
        spans.open(1, &METADATA, None, &mut field(&keys, 0, 0), LIMITS);
        spans.open(2, &METADATA, Some(1), &mut field(&keys, 1, 0), LIMITS);
        spans.update(1, &field(&keys, 0, 1), LIMITS);
        spans.join(2, LIMITS, |_| spans.update(2, &field(&keys, 1, 7), LIMITS));
        let mut found = Fields::default();
        spans.hand_down(2, &mut found, LIMITS);
        assert_eq!(found.rest(), ",\"b\":7,\"a\":1");
    }

    #[test]
    fn threads_that_record_and_log_at_once_see_whole_values() {
        let (spans, keys) = (Spans::new(), Keys::default());
        spans.open(1, &METADATA, None, &mut field(&keys, 0, 0), LIMITS);
        spans.open(2, &METADATA, Some(1), &mut field(&keys, 1, 0), LIMITS);
        spans.open(3, &METADATA, Some(2), &mut field(&keys, 2, 0), LIMITS);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for value in 1..=2000 {
                    spans.update(1, &field(&keys, 0, value), LIMITS);
                    spans.update(2, &field(&keys, 1, value), LIMITS);
                }
            });
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut last = 0;
                    for _ in 0..2000 {
                        let mut found = Fields::default();
                        spans.hand_down(3, &mut found, LIMITS);
                        let values: Vec<u64> =
                            found.entries().iter().map(|entry| found.value(entry).parse().unwrap()).collect();
                        assert_eq!(values.len(), 3, "{found:?}");
                        assert_eq!(values[0], 0);
                        assert!(values[2] >= last, "{values:?} after {last}");
                        last = values[2];
                    }
                });
            }
        });
        let mut found = Fields::default();
        spans.hand_down(3, &mut found, LIMITS);
        assert_eq!(found.rest(), ",\"c\":0,\"b\":2000,\"a\":2000");
    }
}
