use std::borrow::Cow;
use std::collections::HashMap;

use radiosonde_core::canonical::{Repeated, count_repeated};
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::{Counter, DynFamily};
use tracing::Span;
use tracing::field::Empty;

use crate::annotating::annotate;

/// Opens the span of a query, and notes when a unit of work repeats the query.
#[derive(Debug)]
pub(crate) struct QuerySpan {
    pub(crate) system: Cow<'static, str>,
    pub(crate) namespace: Option<Cow<'static, str>>,
    /// The collection of each query for which it is known.
    pub(crate) collections: HashMap<&'static str, &'static str>,
    /// How often a unit of work runs a query until that is noted; 0 for never.
    pub(crate) repeat_limit: u32,
    pub(crate) repeated: DynFamily<Counter>,
    /// The values of the first labels.
    pub(crate) first: Vec<String>,
}

impl QuerySpan {
    pub(crate) fn open(&self, query: &str) -> Span {
        self.count(query);
        let collection =
            if self.collections.is_empty() { None } else { self.collections.get(query).copied() };
        tracing::info_span!(
            target: "radiosonde::operation",
            "query",
            otel.name = query,
            otel.kind = "client",
            otel.status_code = Empty,
            otel.status_description = Empty,
            db.system.name = &*self.system,
            db.namespace = self.namespace.as_deref(),
            db.collection.name = collection,
            db.query.summary = query,
            db.response.returned_rows = Empty,
        )
    }

    /// Before the span is made, so that the hint is in the span around it.
    fn count(&self, query: &str) {
        // Different queries share the operation of those beyond the limit.
        if self.repeat_limit == 0 || query == OVERFLOW {
            return;
        }
        // An operation keeps its name as long as it lives, so the address distinguishes the queries of all databases.
        let key = query.as_ptr().addr();
        if let Some(repeated) = count_repeated(key, self.repeat_limit) {
            self.note(query, repeated);
        }
    }

    #[cold]
    fn note(&self, query: &str, Repeated { count, is_first }: Repeated) {
        if is_first {
            let values: Vec<&str> = self.first.iter().map(String::as_str).chain([query]).collect();
            self.repeated.with(&values).inc();
            tracing::info!(
                target: "radiosonde::operation",
                query,
                count,
                "{query} was run {count} times in one unit of work: one query for all may be faster",
            );
            annotate("db.repeated_query", &query);
        }
        annotate("db.repeated_query.count", &count);
    }
}
