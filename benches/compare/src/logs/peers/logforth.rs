use std::io::Write;

use logforth::append::asynchronous::AsyncBuilder;
use logforth::core::{Logger, builder};
use logforth::diagnostic::ThreadLocalDiagnostic;
use logforth::kv::{Key, Value};
use logforth::layout::JsonLayout;
use logforth::record::{FilterCriteria, Level, LevelFilter, Record};
use logforth::{Append, Diagnostic, Error, Layout as _};

use crate::harness::Contender;
use crate::scene::{fields, pricing, request};
use crate::sink::{Drained, Null, QUEUED_LINES};
use crate::{IN_SPANS, NO_SPAN, NON_BLOCKING, OFF, OPENED};

/// It has no spans: a thread holds pairs of strings.
pub fn contender() -> Contender {
    let now = || logger(Writing { layout: JsonLayout::default(), writer: Null });
    let [a, b, c, d] = [now(), now(), now(), now()];
    let drained = Drained::default();
    // It renders on its thread, from a copy of the record.
    let queue = AsyncBuilder::new("logforth")
        .buffered_lines_limit(Some(QUEUED_LINES))
        .overflow_drop_incoming()
        .append(Writing { layout: JsonLayout::default(), writer: drained.clone() })
        .build();
    let (queued, settling) = (logger(queue), drained.clone());
    Contender::new("logforth")
        .case(NO_SPAN, move |n| event(&a, n, Level::Info))
        .batch(IN_SPANS, move |times| in_spans(|| (0..times).for_each(|n| event(&b, n, Level::Info))), || ())
        .case(OPENED, move |n| in_spans(|| event(&c, n, Level::Info)))
        .batch(
            NON_BLOCKING,
            move |times| {
                in_spans(|| (0..times).for_each(|n| event(&queued, n, Level::Info)));
                drained.sent(times);
            },
            move || settling.settle(),
        )
        .case(OFF, move |n| event(&d, n, Level::Debug))
}

/// A layout before a sink, built like its appenders for standard output.
#[derive(Debug)]
struct Writing<W> {
    layout: JsonLayout,
    writer: W,
}

impl<W: Write + Clone + std::fmt::Debug + Send + Sync + 'static> Append for Writing<W> {
    fn append(&self, record: &Record<'_>, diagnostics: &[Box<dyn Diagnostic>]) -> Result<(), Error> {
        let mut bytes = self.layout.format(record, diagnostics)?;
        bytes.push(b'\n');
        self.writer.clone().write_all(&bytes).map_err(|_| Error::new("nothing fails here"))
    }

    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn logger(append: impl Append) -> Logger {
    let filter = LevelFilter::MoreSevereEqual(Level::Info);
    builder()
        .dispatch(|dispatch| {
            dispatch.filter(filter).diagnostic(ThreadLocalDiagnostic::default()).append(append)
        })
        .build()
}

/// Does what its bridges and macros do: checks the level, builds a record of borrowed values, and passes it on.
fn event(logger: &Logger, n: u64, level: Level) {
    let target = module_path!();
    if !logger.enabled(&FilterCriteria::builder().level(level).target(target).build()) {
        return;
    }
    let fields = fields(n);
    let values = [
        (Key::new("sku"), Value::str(fields.sku)),
        (Key::new("quantity"), Value::u64(fields.quantity)),
        (Key::new("price"), Value::f64(fields.price)),
        (Key::new("gift"), Value::bool(fields.gift)),
        (Key::new("customer"), Value::display(&fields.customer)),
    ];
    let record = Record::builder()
        .level(level)
        .target_static(target)
        .payload(format_args!("order priced"))
        .key_values(values.as_slice())
        .build();
    logger.log(&record);
}

fn in_spans(within: impl FnOnce()) {
    let (outer, inner) = (request(), pricing());
    ThreadLocalDiagnostic::insert("request_id", outer.request_id);
    ThreadLocalDiagnostic::insert("method", outer.method);
    ThreadLocalDiagnostic::insert("path", outer.path);
    ThreadLocalDiagnostic::insert("order_id", inner.order_id.to_string());
    ThreadLocalDiagnostic::insert("region", inner.region);
    ThreadLocalDiagnostic::insert("attempt", inner.attempt.to_string());
    within();
    for key in ["request_id", "method", "path", "order_id", "region", "attempt"] {
        ThreadLocalDiagnostic::remove(key);
    }
}
