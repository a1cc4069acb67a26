//! The event that every contender logs, with values that are opaque to the compiler.

use std::fmt;
use std::hint::black_box;

pub const SERVICE: &str = "compare";
pub const MESSAGE: &str = "order priced";

/// The five fields of an event: a text, an integer, a float, a boolean and a formatted value.
pub struct Fields {
    pub sku: &'static str,
    pub quantity: u64,
    pub price: f64,
    pub gift: bool,
    pub customer: Customer,
}

pub struct Customer(u64);

impl fmt::Display for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "customer-{}", self.0)
    }
}

pub fn fields(n: u64) -> Fields {
    Fields {
        sku: black_box("tea-42"),
        quantity: n,
        price: black_box(9.99),
        gift: black_box(true),
        customer: Customer(n % 1000),
    }
}

/// The three fields of the outer span.
pub struct Request {
    pub request_id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
}

pub fn request() -> Request {
    Request {
        request_id: black_box("0192d3a4-5b6c-7d8e-9f00-112233445566"),
        method: black_box("POST"),
        path: black_box("/orders/1234567/items"),
    }
}

/// The three fields of the inner one.
pub struct Pricing {
    pub order_id: u64,
    pub region: &'static str,
    pub attempt: u64,
}

pub fn pricing() -> Pricing {
    Pricing { order_id: black_box(1_234_567), region: black_box("eu-west-1"), attempt: black_box(1) }
}
