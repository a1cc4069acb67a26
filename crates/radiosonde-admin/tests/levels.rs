//! Levels over HTTP, mounted in axum.
#![cfg(feature = "levels")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use radiosonde_admin::{Credentials, LevelsOptions};
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LevelReload, LogFilter, Writer};
use radiosonde_testkit::SharedBuffer;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tracing::{Dispatch, debug};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// A service's admin routes, its reload, and what it logs.
struct Admin {
    routes: Router,
    reload: LevelReload,
    dispatch: Dispatch,
    lines: SharedBuffer,
}

impl Admin {
    fn new(options: &LevelsOptions) -> Self {
        let (filter, reload) = LevelReload::new(LogFilter::default());
        let lines = SharedBuffer::new();
        let layer = JsonLayer::builder(&Resource::new("orders"))
            .format(Format::Json)
            .writer(Writer::new("buffer", lines.clone()))
            .build()
            .unwrap();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer.with_filter(filter)));
        let service = options.service(&reload);
        Self { routes: Router::new().route_service("/log/levels", service), reload, dispatch, lines }
    }

    async fn send(&self, request: Request<Body>) -> (Response<()>, String) {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(head, ()), String::from_utf8(body.to_vec()).unwrap())
    }

    async fn status(&self, request: Request<Body>) -> StatusCode {
        self.send(request).await.0.status()
    }

    async fn json(&self, request: Request<Body>) -> Value {
        let (head, body) = self.send(request).await;
        assert_eq!(head.status(), StatusCode::OK, "{body}");
        assert_eq!(head.headers()["content-type"], "application/json");
        assert_eq!(head.headers()["cache-control"], "no-store");
        serde_json::from_str(&body).unwrap()
    }
}

fn request(method: Method, query: &str, content_type: Option<&str>, body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("/log/levels{query}"));
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

fn put(query: &str, body: &str) -> Request<Body> {
    request(Method::PUT, query, None, body)
}

fn get() -> Request<Body> {
    request(Method::GET, "", None, "")
}

#[tokio::test]
async fn levels_are_shown_changed_and_reset() {
    let admin = Admin::new(&LevelsOptions::new().open_to_everybody());
    let shown = json!({"current": "info", "default": "info", "expires_in_s": null});
    assert_eq!(admin.json(get()).await, shown);

    let changed = admin.json(put("?ttl=10m&by=ann", "info,orders=debug\n")).await;
    assert_eq!(changed, json!({"current": "info,orders=debug", "default": "info", "expires_in_s": 600}));
    let event = || debug!(target: "orders::price", "priced");
    tracing::dispatcher::with_default(&admin.dispatch, event);

    let reset = admin.json(request(Method::DELETE, "?by=bob", None, "")).await;
    assert_eq!(reset, shown);
    tracing::dispatcher::with_default(&admin.dispatch, event);

    let lines = admin.lines.lines();
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> = lines.iter().map(|line| (&line["message"], &line["metadata"]["by"])).collect();
    let expected = [
        (&json!("log levels changed"), &json!("ann")),
        (&json!("priced"), &Value::Null),
        (&json!("log levels reset"), &json!("bob")),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_change_ends_unless_it_is_asked_to_stay() {
    let hour = Duration::from_secs(3600);
    let admin = Admin::new(&LevelsOptions::new().open_to_everybody().default_ttl(hour / 2).maximum_ttl(hour));
    let expires = async |change| admin.json(change).await["expires_in_s"].as_u64();
    assert_eq!(expires(put("", "debug")).await, Some(1800));
    assert_eq!(expires(put("?ttl=1h", "debug")).await, Some(3600));
    assert_eq!(expires(put("?ttl=permanent", "debug")).await, None);
    let (head, body) = admin.send(put("?ttl=3601", "trace")).await;
    assert_eq!(head.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body, "invalid time to live of 3601 seconds: expected at most 3600, or permanent\n");
    assert_eq!(admin.status(put("?ttl=0", "trace")).await, StatusCode::BAD_REQUEST);
    let body = r#"{"filter":"warn","ttl_s":60,"by":"ann"}"#;
    let change = request(Method::PUT, "", Some("application/json; charset=utf-8"), body);
    assert_eq!(expires(change).await, Some(60));
    assert_eq!(admin.reload.current().to_string(), "warn");
    let admin = Admin::new(&LevelsOptions::new().open_to_everybody().maximum_ttl(Duration::from_secs(7)));
    assert_eq!(admin.json(put("", "debug")).await["expires_in_s"], 7, "the default is no way around it");
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_changes_nothing() {
    let admin = Admin::new(&LevelsOptions::new().open_to_everybody());
    let (head, body) = admin.send(put("", "info,orders=loud")).await;
    assert_eq!(head.status(), StatusCode::BAD_REQUEST);
    assert_eq!(head.headers()["content-type"], "text/plain; charset=utf-8");
    let why = "invalid log filter directive \"orders=loud\": expected a level: off, error, warn, info, debug or trace\n";
    assert_eq!(body, why);
    for text in ["err", "none", "info;hyper=warn", "orders:debug", "*=debug"] {
        let (head, body) = admin.send(put("", text)).await;
        assert_eq!(head.status(), StatusCode::BAD_REQUEST, "{text}");
        assert!(body.contains("expected"), "{body}");
    }
    let json = request(Method::PUT, "", Some("application/json"), r#"{"filter":"\"info\""}"#);
    assert_eq!(admin.status(json).await, StatusCode::BAD_REQUEST);

    let (head, _) = admin.send(request(Method::POST, "", None, "debug")).await;
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(head.headers()["allow"], "GET, HEAD, PUT, DELETE");

    let form = request(Method::PUT, "", Some("application/x-www-form-urlencoded"), "debug");
    assert_eq!(admin.status(form).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let long = "x".repeat(8193);
    assert_eq!(admin.status(put("", &long)).await, StatusCode::PAYLOAD_TOO_LARGE);
    // The declared length is refused before any of the body is read.
    let mut announced = put("", "debug");
    announced.headers_mut().insert("content-length", "8193".parse().unwrap());
    assert_eq!(admin.status(announced).await, StatusCode::PAYLOAD_TOO_LARGE);

    let bad = Request::put("/log/levels").body(Body::from(vec![0xff])).unwrap();
    assert_eq!(admin.status(bad).await, StatusCode::BAD_REQUEST);
    assert_eq!(admin.reload.current(), LogFilter::default());
    assert!(admin.lines.lines().is_empty());
}

#[tokio::test]
async fn nobody_changes_anything_unless_somebody_says_who() {
    let admin = Admin::new(&LevelsOptions::new());
    assert_eq!(admin.status(get()).await, StatusCode::OK);
    assert_eq!(admin.status(put("", "debug")).await, StatusCode::FORBIDDEN);
    assert_eq!(admin.status(request(Method::DELETE, "", None, "")).await, StatusCode::FORBIDDEN);
    assert_eq!(admin.reload.current(), LogFilter::default());
}

#[tokio::test]
async fn who_shows_no_credentials_sees_and_changes_nothing() {
    let token = Credentials::bearer("c29tZSB0b2tlbg==").unwrap();
    let admin = Admin::new(&LevelsOptions::new().credentials([token]));
    for request in [get(), put("", "debug"), request(Method::DELETE, "", None, "")] {
        let (head, body) = admin.send(request).await;
        assert_eq!(head.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(head.headers()["www-authenticate"], "Bearer realm=\"log levels\"");
        assert_eq!(body, "credentials are required\n");
    }
    let mut wrong = put("", "debug");
    wrong.headers_mut().insert("authorization", "Bearer c29tZSB0b2tlbh==".parse().unwrap());
    assert_eq!(admin.status(wrong).await, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.reload.current(), LogFilter::default());
    let mut right = put("", "debug");
    right.headers_mut().insert("authorization", "Bearer c29tZSB0b2tlbg==".parse().unwrap());
    assert_eq!(admin.status(right).await, StatusCode::OK);
    assert_eq!(admin.reload.current().to_string(), "debug");
}

#[tokio::test]
async fn a_head_has_the_length_of_the_answer_and_no_body() {
    let admin = Admin::new(&LevelsOptions::new());
    let length = admin.send(get()).await.1.len();
    let (head, body) = admin.send(request(Method::HEAD, "", None, "")).await;
    assert_eq!((head.status(), body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.headers()["content-length"], length.to_string());
}
