//! Orders: prices them, keeps them, and has them paid.

use std::error::Error;
use std::fmt;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use radiosonde::metrics::Counter;
use radiosonde::signals::{BusinessMetric, BusinessMetricFamily};
use radiosonde::{Labels, annotate, observe};
use serde_json::json;
use tracing::{Span, error, field, info, instrument, warn};

use crate::cache::Cache;
use crate::call::Caller;
use crate::database::Database;
use crate::objectives;
use crate::options::{One, Role};
use crate::order::{Method, Order, OrderRequest, Payment};
use crate::service::Service;

#[derive(Debug, Labels)]
struct Created {
    method: Method,
}

#[derive(Debug, Clone)]
struct Orders {
    payments: Caller,
    database: Database,
    cache: Cache,
    created: BusinessMetricFamily<Counter, Created>,
}

pub(crate) async fn run(options: One) -> Result<(), Box<dyn Error>> {
    let service = Service::start(Role::Orders, &options).await?;
    service.depends_on("payments", options.next);
    let registry = service.telemetry().registry();
    service.telemetry().objectives().declare(objectives::pool(registry))?;
    let created = BusinessMetric::counter("orders_created_total", "Orders that were created and paid.");
    let orders = Orders {
        payments: Caller::new(service.telemetry(), options.next),
        database: Database::open(registry)?,
        cache: Cache::new(registry)?,
        created: created.registry(registry).family()?,
    };
    let routes =
        Router::new().route("/orders", post(create)).route("/orders/{id}", get(show)).with_state(orders);
    service.serve(routes, async {}).await
}

#[instrument(name = "place_order", skip_all, fields(user_id = request.user, order_id = field::Empty))]
async fn create(
    State(orders): State<Orders>,
    Json(request): Json<OrderRequest>,
) -> Result<(StatusCode, Json<Order>), Refusal> {
    let cents = price(&request.article, request.quantity)?;
    // In the request's one line and in its span, whatever becomes of the order.
    annotate!(order.article = request.article, order.quantity = request.quantity, order.cents = cents);
    let order = orders.database.insert(&request, cents).await;
    // From here on every line of this request has its order.
    Span::current().record("order_id", order.id);
    orders.pay(&Payment { order_id: order.id, cents, token: request.token }).await?;
    let order = orders.database.mark_paid(order).await;
    orders.created.with(&Created { method: request.method }).inc();
    info!(cents, "order created");
    Ok((StatusCode::CREATED, Json(order)))
}

async fn show(State(orders): State<Orders>, Path(id): Path<u64>) -> Result<Json<Order>, StatusCode> {
    let found = orders.cache.get_or_load(id, orders.database.select(id)).await;
    found.map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// Golden signals for a function that is not asynchronous, as for one that is.
#[observe(name = "price_order")]
fn price(article: &str, quantity: u32) -> Result<u64, Refusal> {
    let each = match article {
        "balloon" => 1200,
        "parachute" => 950,
        "battery" => 80,
        _ => return Err(Refusal::NoSuchArticle),
    };
    Ok(each * u64::from(quantity))
}

impl Orders {
    async fn pay(&self, payment: &Payment) -> Result<(), Refusal> {
        let answer = self.payments.post("/payments", payment).await.map_err(|error| {
            error!(error = &error as &dyn Error, "payments cannot be reached");
            Refusal::PaymentFailed
        })?;
        match answer.status {
            StatusCode::OK => Ok(()),
            StatusCode::PAYMENT_REQUIRED => {
                warn!("payment declined, order kept unpaid");
                Err(Refusal::PaymentDeclined)
            }
            _ => Err(Refusal::PaymentFailed),
        }
    }
}

/// Why there is no order.
#[derive(Debug)]
enum Refusal {
    NoSuchArticle,
    PaymentDeclined,
    PaymentFailed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchArticle => "no such article",
            Self::PaymentDeclined => "the payment was declined",
            Self::PaymentFailed => "the payment failed",
        })
    }
}

impl Error for Refusal {}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoSuchArticle => StatusCode::UNPROCESSABLE_ENTITY,
            Self::PaymentDeclined => StatusCode::PAYMENT_REQUIRED,
            Self::PaymentFailed => StatusCode::BAD_GATEWAY,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
