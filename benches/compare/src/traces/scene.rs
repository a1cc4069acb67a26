//! The trace that every contender records, with values that are opaque to the compiler.

use std::hint::black_box;

use http::{HeaderMap, HeaderValue};

pub const SERVICE: &str = "compare";
pub const ROOT: &str = "GET /orders/{id}";
pub const CHILD: &str = "price_order";
pub const EVENT: &str = "order priced";

/// The four attributes of the root: three texts and an integer.
pub struct Request {
    pub method: &'static str,
    pub path: &'static str,
    pub user_agent: &'static str,
    pub status: i64,
}

pub fn request() -> Request {
    Request {
        method: black_box("GET"),
        path: black_box("/orders/1234567"),
        user_agent: black_box("Mozilla/5.0 (X11; Linux x86_64; rv:133.0)"),
        status: black_box(200),
    }
}

/// The two attributes of the child.
pub struct Pricing {
    pub order_id: i64,
    pub region: &'static str,
}

pub fn pricing(n: u64) -> Pricing {
    Pricing { order_id: black_box(n as i64), region: black_box("eu-west-1") }
}

/// The headers of a request, with the context of its caller.
pub fn headers() -> HeaderMap {
    let pairs = [
        ("host", "orders.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0)"),
        ("accept", "application/json"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("x-request-id", "0192d3a4-5b6c-7d8e-9f00-112233445566"),
    ];
    pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}
