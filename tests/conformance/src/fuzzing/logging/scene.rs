use std::sync::{Arc, MutexGuard};

use serde_json::{Map, Value as Json, json};
use tracing::Span;
use tracing::dispatcher::with_default;
use tracing::field::Value;
use tracing_core::Event;

use super::callsite::Place;
use super::input::{Input, is_ordinary};
use super::sample::Sample;
use super::stage::{STATIC, Stage};
use crate::json_lines;

const TARGETS: [&str; 4] = ["made::target", "log", "a\"\n\u{1b}[0m\u{2028}", ""];

type Field = (String, Sample);

/// Events within spans, controlled by a fuzzer's bytes.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    input: Input<'a>,
    stage: Arc<Stage>,
    _turn: Option<MutexGuard<'static, ()>>,
    /// The entered spans, the outermost first, with their fields.
    spans: Vec<(Open, Vec<Field>)>,
    expected: Vec<Expected>,
}

#[derive(Debug)]
struct Open {
    span: Span,
    place: Place,
}

/// The expected `metadata` of a line, if nothing was truncated or dropped.
#[derive(Debug)]
struct Expected(Map<String, Json>);

impl<'a> Scene<'a> {
    pub(crate) fn new(mut input: Input<'a>) -> Self {
        let (stage, turn) = Stage::known(&mut input);
        Self { input, stage, _turn: Some(turn), spans: Vec::new(), expected: Vec::new() }
    }

    /// A scene whose keys are taken from the input; `None` if they are rejected, with an error that names the reason.
    pub(crate) fn of_any_schema(mut input: Input<'a>) -> Option<Self> {
        match Stage::of_any_schema(&mut input) {
            Ok(stage) => {
                let stage = Arc::new(stage);
                Some(Self { input, stage, _turn: None, spans: Vec::new(), expected: Vec::new() })
            }
            Err(refused) => {
                assert!(!refused.to_string().is_empty());
                None
            }
        }
    }

    /// One event with as many fields as the bytes suffice for.
    pub(crate) fn event(mut self) {
        with_default(&self.stage.dispatch.clone(), || {
            let mut fields = Vec::new();
            while !self.input.is_empty() && fields.len() < 300 {
                fields.push(self.field());
            }
            self.emit(&fields);
        });
        self.check();
    }

    /// Spans that are opened, recorded into and closed, and events among them.
    pub(crate) fn play(mut self) {
        with_default(&self.stage.dispatch.clone(), || {
            for _ in 0..64 {
                if self.input.is_empty() {
                    break;
                }
                match self.input.byte() % 5 {
                    0 => self.open(),
                    1 => self.record(),
                    2 => self.close(),
                    _ => {
                        let fields = self.fields();
                        self.emit(&fields);
                    }
                }
            }
            while !self.spans.is_empty() {
                self.close();
            }
        });
        self.check();
    }

    fn field(&mut self) -> Field {
        (self.input.name(), Sample::read(&mut self.input))
    }

    fn fields(&mut self) -> Vec<Field> {
        (0..self.input.byte() % 9).map(|_| self.field()).collect()
    }

    fn place(&mut self, is_span: bool, fields: &[Field]) -> Place {
        let choice = self.input.byte();
        let target = TARGETS[usize::from(choice / 5) % TARGETS.len()];
        let fields = fields.iter().map(|(name, _)| name.clone()).collect();
        Place { is_span, level: choice % 5, target, fields }
    }

    /// A span, some of whose fields are recorded later, or never.
    fn open(&mut self) {
        let fields = self.fields();
        let place = self.place(true, &fields);
        let given = self.input.byte();
        let is_given = |at: usize| given >> (at % 8) & 1 == 0;
        let span = with_values(&fields, is_given, |values| {
            let metadata = place.metadata();
            Span::new(metadata, &metadata.fields().value_set_all(values))
        });
        // Entered while it exists; left by `close`.
        span.with_subscriber(|(id, dispatch)| dispatch.enter(id));
        let kept = fields.into_iter().enumerate().filter(|(at, _)| is_given(*at)).map(|(_, field)| field);
        self.spans.push((Open { span, place }, kept.collect()));
    }

    /// A value for one of the fields of one of the spans.
    fn record(&mut self) {
        if self.spans.is_empty() {
            return;
        }
        let at = usize::from(self.input.byte()) % self.spans.len();
        let sample = Sample::read(&mut self.input);
        let which = usize::from(self.input.byte());
        let (open, fields) = &mut self.spans[at];
        if open.place.fields.is_empty() {
            return;
        }
        let which = which % open.place.fields.len();
        let name = open.place.fields[which].clone();
        let value = sample.value();
        let mut values: Vec<Option<&dyn Value>> = vec![None; open.place.fields.len()];
        values[which] = Some(&*value);
        open.span.record_all(&open.place.metadata().fields().value_set_all(&values));
        drop(value);
        fields.push((name, sample));
    }

    fn close(&mut self) {
        if let Some((open, _)) = self.spans.pop() {
            open.span.with_subscriber(|(id, dispatch)| dispatch.exit(id));
        }
    }

    fn emit(&mut self, fields: &[Field]) {
        let place = self.place(false, fields);
        let metadata = place.metadata();
        with_values(
            fields,
            |_| true,
            |values| {
                Event::dispatch(metadata, &metadata.fields().value_set_all(values));
            },
        );
        let mut expected = Map::new();
        let layers = [fields].into_iter().chain(self.spans.iter().rev().map(|(_, fields)| &**fields));
        for layer in layers {
            for (name, sample) in layer.iter().rev().filter(|(name, _)| is_ordinary(name)) {
                expected.entry(name.clone()).or_insert_with(|| sample.json());
            }
        }
        expected.entry(STATIC.0).or_insert_with(|| json!(STATIC.1));
        self.expected.push(Expected(expected));
    }

    #[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
    fn check(self) {
        let written = self.stage.take();
        let lines = json_lines(&written, self.stage.max_line_bytes)
            .unwrap_or_else(|refusal| panic!("{refusal}\n{}", String::from_utf8_lossy(&written)));
        assert_eq!(lines.len(), self.expected.len(), "{}", String::from_utf8_lossy(&written));
        for (line, Expected(expected)) in lines.iter().zip(&self.expected) {
            for key in self.stage.keys() {
                assert!(line.get(*key).is_some_and(Json::is_string), "{key} of {line:?}");
            }
            match line.get("truncated") {
                _ if !self.stage.is_known => {}
                Some(truncated) => assert_eq!(truncated, &json!(true)),
                None => {
                    for (name, value) in expected {
                        assert_eq!(
                            line.get("metadata").and_then(|metadata| metadata.get(name)),
                            Some(value),
                            "{name}"
                        );
                    }
                }
            }
        }
    }
}

/// Passes the values to `then` in the form that `tracing` requires; missing ones are empty.
fn with_values<R>(
    fields: &[Field],
    is_given: impl Fn(usize) -> bool,
    then: impl FnOnce(&[Option<&dyn Value>]) -> R,
) -> R {
    let values: Vec<_> = fields.iter().map(|(_, sample)| sample.value()).collect();
    let given: Vec<Option<&dyn Value>> =
        values.iter().enumerate().map(|(at, value)| is_given(at).then_some(&**value)).collect();
    then(&given)
}
