//! Annotations of requests in their lines and spans. What `annotate!` uses is global, so this is a process of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;

use http::{Request, Response};
use radiosonde::{Database, Operation, Registry, annotate, observe};
use radiosonde_core::Resource;
use radiosonde_log::{Detector, Format, JsonLayer, Profile, Redaction, Writer};
use radiosonde_testkit::{CountingAllocator, SharedBuffer};
use radiosonde_tower::ServerLayer;
use radiosonde_trace::{AttributeValue, CaptureSpans, FinishedSpan, TracePipeline, carry};
use serde_json::{Value as Json, json};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The attributes of a span by these keys.
fn attributes<'a>(span: &'a FinishedSpan, keys: &[&str]) -> Vec<Option<&'a AttributeValue>> {
    let of = |key: &&str| span.attributes.iter().find(|found| found.key == **key).map(|found| &found.value);
    keys.iter().map(of).collect()
}

/// The line and the spans of one request whose handler is `handler`.
async fn request<F: Future<Output = ()> + Send + 'static>(
    profile: Profile,
    handler: impl Fn() -> F + Clone + Send,
) -> (Json, CaptureSpans) {
    let (buffer, spans) = (SharedBuffer::new(), CaptureSpans::new());
    let pipeline = TracePipeline::builder(&Resource::new("shop"))
        .sink(spans.clone())
        .registry(&Registry::new())
        .build()
        .unwrap();
    let layer = JsonLayer::builder(&Resource::new("shop"))
        .registry(&Registry::new())
        .format(Format::Json)
        .profile(profile)
        .redaction(Redaction::default().detect(Detector::CardNumber))
        .writer(Writer::new("buffer", buffer.clone()))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(layer).with(pipeline.layer());
    let _guard = tracing::subscriber::set_default(subscriber);
    let service = ServerLayer::builder().registry(&Registry::new()).build().unwrap().layer(service_fn(
        move |_: Request<String>| {
            let handled = handler();
            async move {
                handled.await;
                Ok::<_, Infallible>(Response::new(String::new()))
            }
        },
    ));
    drop(service.oneshot(Request::new(String::new())).await.unwrap());
    let text = buffer.text();
    let lines = || text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let mut access = lines().filter(|line| line.to_string().contains("radiosonde::access"));
    (access.next().unwrap(), spans)
}

mod elsewhere {
    use super::{annotate, observe};

    #[observe]
    pub(super) async fn price(cart: &[u32]) -> Result<u32, std::num::ParseIntError> {
        annotate!(cart.items = cart.len(), cart.is_large = cart.len() > 10);
        Ok(cart.iter().sum())
    }
}

#[tokio::test]
async fn the_line_and_the_span_of_a_request_have_what_is_annotated_anywhere_below_it() {
    let (line, spans) = request(Profile::Native, || async {
        annotate!(customer.tier = "gold", discount = 0.25, status = "ours", customer.id = u64::MAX);
        let total = elsewhere::price(&[1, 2]).await.unwrap();
        let task = async move { annotate!(order.total = total) };
        tokio::spawn(carry(task)).await.unwrap();
        let task = async { annotate!(in_span = true) }.instrument(tracing::info_span!("further down"));
        tokio::spawn(task).await.unwrap();
    })
    .await;
    let metadata = &line["metadata"];
    let annotated = json!({
        "customer.tier": "gold", "discount": 0.25, "customer.id": u64::MAX, "cart.items": 2, "cart.is_large": false,
        "order.total": 3, "in_span": true,
    });
    for (key, value) in annotated.as_object().unwrap() {
        assert_eq!(&metadata[key], value, "{key} in {line}");
    }
    assert_eq!(line["status"], 200, "the event's own field wins");
    assert!(!line.to_string().contains("radiosonde.annotations"));

    let spans = spans.spans();
    let server = spans.iter().find(|span| span.parent.is_none()).unwrap();
    let keys = ["customer.tier", "discount", "cart.items", "cart.is_large", "order.total", "customer.id"];
    let expected = [
        AttributeValue::String("gold".into()),
        AttributeValue::F64(0.25),
        AttributeValue::I64(2),
        AttributeValue::Bool(false),
        AttributeValue::I64(3),
        AttributeValue::String(u64::MAX.to_string().into()),
    ];
    assert_eq!(attributes(server, &keys), expected.iter().map(Some).collect::<Vec<_>>());
    let operation = spans.iter().find(|span| span.name.contains("price")).unwrap();
    assert_eq!(attributes(operation, &["cart.items"]), [None]);
}

#[tokio::test]
async fn a_request_repeats_a_query_also_in_the_tasks_that_it_spawns() {
    let registry = Registry::new();
    let database = Database::builder("orders").registry(&registry).build().unwrap();
    let handled = database.clone();
    let (line, spans) = request(Profile::Native, move || {
        let database = handled.clone();
        async move {
            for id in 0..12_usize {
                let database = database.clone();
                let query = async move { Ok::<_, Infallible>(vec![(); id % 3]) };
                let task = async move { database.fetch_async("select_item", query, Vec::len).await };
                tokio::spawn(task.in_current_span()).await.unwrap().unwrap();
            }
        }
    })
    .await;
    assert_eq!(line["metadata"]["db.repeated_query"], "select_item", "{line}");
    assert_eq!(line["metadata"]["db.repeated_query.count"], 12, "{line}");
    let spans = spans.spans();
    let server = spans.iter().find(|span| span.parent.is_none()).unwrap();
    let expected = [AttributeValue::String("select_item".into()), AttributeValue::I64(12)];
    let found = attributes(server, &["db.repeated_query", "db.repeated_query.count"]);
    assert_eq!(found, expected.iter().map(Some).collect::<Vec<_>>());
    let rows = spans.iter().filter(|span| span.name == "select_item");
    let rows = rows.flat_map(|span| attributes(span, &["db.response.returned_rows"]));
    let twelve: Vec<_> = (0..12).map(|id| Some(AttributeValue::I64(id % 3))).collect();
    assert_eq!(rows.collect::<Vec<_>>(), twelve.iter().map(Option::as_ref).collect::<Vec<_>>());
    let now = registry.snapshot();
    let of = [("database", "orders"), ("operation", "select_item")];
    assert_eq!(now.value("database_repeated_queries_total", &of), Some(1.0));
    assert_eq!(now.sum("database_query_rows", &of), 12.0);
}

#[tokio::test]
async fn an_annotation_that_the_line_redacts_is_redacted_in_the_span() {
    let (line, spans) = request(Profile::Native, || async {
        annotate!(db.password = 1234, note = "paid by 4111 1111 1111 1111", card = 4_111_111_111_111_111_u64);
    })
    .await;
    let expected = json!({"db.password": "[redacted]", "note": "paid by [redacted]", "card": "[redacted]"});
    let spans = spans.spans();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&line["metadata"][key], value);
        let text = AttributeValue::String(value.as_str().unwrap().to_owned().into());
        assert_eq!(attributes(&spans[0], &[key]), [Some(&text)]);
    }
}

#[tokio::test]
async fn every_profile_writes_annotations_like_fields_of_the_event() {
    for profile in [Profile::Native, Profile::Ecs, Profile::Gcp, Profile::Otel] {
        let (line, _) =
            request(profile, || async { annotate!(customer.tier = "gold", cart.items = 3) }).await;
        let text = line.to_string();
        assert!(
            text.contains("\"customer.tier\":\"gold\"") || text.contains("\"customer_tier\":\"gold\""),
            "{text}"
        );
    }
}

#[test]
fn annotations_of_a_line_allocate_nothing_once_warm() {
    // The redaction of annotations is that of the first layer of the process, which may be this one.
    let layer = JsonLayer::builder(&Resource::new("shop"))
        .registry(&Registry::new())
        .redaction(Redaction::default().detect(Detector::CardNumber))
        .format(Format::Json)
        .writer(Writer::new("nowhere", std::io::sink()))
        .build()
        .unwrap();
    let operation = Operation::in_registry(&Registry::new(), "import").unwrap();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let per_call = |annotated: fn()| {
        CountingAllocator::per_call(|| {
            let mut call = operation.track();
            call.in_scope(annotated);
            call.complete();
        })
    };
    let without = per_call(|| {});
    let with = per_call(|| annotate!(customer.tier = "gold", cart.items = 3, order.total = %2.5));
    assert_eq!(with, without);
}

#[tokio::test]
async fn an_annotation_after_the_end_or_without_a_unit_goes_to_the_current_span() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("shop"))
        .sink(spans.clone())
        .registry(&Registry::new())
        .build()
        .unwrap();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
    tracing::info_span!("cleanup").in_scope(|| annotate!(removed = 3));
    let operation = Operation::in_registry(&Registry::new(), "import").unwrap();
    let mut call = operation.track();
    call.in_scope(|| annotate!(rows = 7));
    let late = call.in_scope(|| tracing::info_span!("late"));
    call.complete();
    late.in_scope(|| annotate!(retried = true));
    drop(late);
    let cleanup = spans.find("cleanup").unwrap();
    assert_eq!(attributes(&cleanup, &["removed"]), [Some(&AttributeValue::I64(3))]);
    assert_eq!(attributes(&spans.find("import").unwrap(), &["rows"]), [Some(&AttributeValue::I64(7))]);
    assert_eq!(attributes(&spans.find("late").unwrap(), &["retried"]), [Some(&AttributeValue::Bool(true))]);
}
