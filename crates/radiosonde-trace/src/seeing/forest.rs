use std::collections::HashMap;

use radiosonde_core::{SpanId, TraceId};

use crate::spans::finished_span::FinishedSpan;

/// Spans as trees: siblings in the order of their start, and of their end if they started at the same time.
///
/// A span whose parent is not among them is a root.
pub(crate) struct Forest<'s> {
    spans: &'s [FinishedSpan],
    roots: Vec<usize>,
    /// By the parent's index.
    children: Vec<Vec<usize>>,
}

impl<'s> Forest<'s> {
    /// `spans` in the order of their end.
    pub(crate) fn of(spans: &'s [FinishedSpan]) -> Self {
        let ids: HashMap<(TraceId, SpanId), usize> = spans
            .iter()
            .enumerate()
            .map(|(index, span)| (key(span, span.context.span_id()), index))
            .collect();
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|&index| spans[index].start);
        let (mut roots, mut children) = (Vec::new(), vec![Vec::new(); spans.len()]);
        for index in order {
            let span = &spans[index];
            match span.parent.and_then(|parent| ids.get(&key(span, parent))) {
                Some(&parent) if parent != index => children[parent].push(index),
                _ => roots.push(index),
            }
        }
        Self { spans, roots, children }
    }

    pub(crate) fn roots(&self) -> &[usize] {
        &self.roots
    }

    pub(crate) fn span(&self, index: usize) -> &'s FinishedSpan {
        &self.spans[index]
    }

    pub(crate) fn children(&self, index: usize) -> &[usize] {
        &self.children[index]
    }

    /// These spans and all below them, each before its children, with its depth.
    pub(crate) fn walk(&self, from: &[usize]) -> Vec<(usize, &'s FinishedSpan)> {
        let mut walked = Vec::new();
        // A list and not a recursion: a trace may be as deep as it is long.
        let mut left: Vec<(usize, usize)> = from.iter().rev().map(|&index| (0, index)).collect();
        while let Some((depth, index)) = left.pop() {
            walked.push((depth, self.span(index)));
            left.extend(self.children[index].iter().rev().map(|&child| (depth + 1, child)));
        }
        walked
    }
}

fn key(span: &FinishedSpan, id: SpanId) -> (TraceId, SpanId) {
    (span.context.trace_id(), id)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, SystemTime};

    use radiosonde_core::{SpanContext, TraceFlags};

    use super::*;

    /// A span with small ids, from one millisecond to another.
    pub(crate) fn span(
        (trace, id, parent): (u8, u8, Option<u8>),
        name: &'static str,
        [start, end]: [u64; 2],
    ) -> FinishedSpan {
        let span_id = |id: u8| SpanId::from_bytes([id; 8]).unwrap();
        let trace = TraceId::from_bytes([trace; 16]).unwrap();
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        let context = SpanContext::new(trace, span_id(id), TraceFlags::SAMPLED);
        let mut span = FinishedSpan::new(context, name);
        (span.start, span.end) = (at(start), at(end));
        span.parent = parent.map(span_id);
        span
    }

    #[track_caller]
    fn assert_walked(spans: &[FinishedSpan], expected: &[(usize, &str)]) {
        let forest = Forest::of(spans);
        let walked = forest.walk(forest.roots());
        let walked: Vec<_> = walked.iter().map(|(depth, span)| (*depth, &*span.name)).collect();
        assert_eq!(walked, expected);
    }

    #[test]
    fn siblings_are_in_the_order_of_their_start_and_an_orphan_is_a_root() {
        let spans = [
            span((1, 3, Some(1)), "second", [2, 3]),
            span((1, 4, Some(2)), "leaf", [1, 4]),
            span((1, 2, Some(1)), "first", [1, 5]),
            span((1, 1, None), "root", [0, 6]),
            span((1, 6, Some(9)), "orphan", [7, 8]),
            // The same id in another trace.
            span((2, 2, Some(1)), "other", [9, 9]),
        ];
        let expected = [(0, "root"), (1, "first"), (2, "leaf"), (1, "second"), (0, "orphan"), (0, "other")];
        assert_walked(&spans, &expected);
    }

    #[test]
    fn a_span_that_is_its_own_parent_is_a_root() {
        assert_walked(&[span((1, 1, Some(1)), "own", [0, 1])], &[(0, "own")]);
    }
}
