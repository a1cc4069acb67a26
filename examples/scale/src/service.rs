//! One instance of a typical service: four routes, a database, a cache, a worker and a call to another service.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{MethodRouter, get, post};
use http::{Request, Response, StatusCode};
use radiosonde::Telemetry;
use radiosonde::signals::{Cache, CacheSize, Database, PoolState, Queue, Worker};
use radiosonde::tower::ClientLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::info;

/// Requests that are sent: enough for every series, and for lines and spans in full batches.
pub(crate) const REQUESTS: usize = 2000;

const ROUTES: [(&str, &str); 4] =
    [("GET", "/orders/{id}"), ("POST", "/orders"), ("GET", "/customers/{id}"), ("GET", "/articles")];

struct Shared {
    database: Database,
    cache: Cache,
    queue: Queue,
    worker: Worker,
    payments: ClientLayer,
}

/// Handles the requests one after the other, all but one in a hundred with success.
pub(crate) async fn run(telemetry: &Telemetry) -> Result<(), Box<dyn Error>> {
    let registry = telemetry.registry();
    let pool = || PoolState { active: 3, idle: 7, max: 20, ..PoolState::default() };
    let cache = Cache::builder("articles").capacity(1000).registry(registry).build()?;
    cache.watch(|| CacheSize { entries: 250, bytes: None });
    let shared = Arc::new(Shared {
        database: Database::builder("orders").system("postgresql").pool(pool).registry(registry).build()?,
        cache,
        queue: Queue::builder("mail").registry(registry).build()?,
        worker: Worker::builder("mail").max(4).registry(registry).build()?,
        payments: telemetry.client_layer(),
    });
    let app = ROUTES
        .iter()
        .fold(Router::new(), |app, (method, route)| {
            let handler: MethodRouter<Arc<Shared>> =
                if *method == "GET" { get(handle) } else { post(handle) };
            app.route(route, handler)
        })
        .with_state(shared)
        .layer(telemetry.server_layer());
    for number in 0..REQUESTS {
        let (method, route) = ROUTES[number % ROUTES.len()];
        // Ids that look like those of many users: equal lines would compress too well.
        let id = (number * 7919 % 99_991).to_string();
        let path = route.replace("{id}", &id);
        let failing = if number % 100 == 99 { "yes" } else { "no" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-failing", failing)
            .header("x-user", id)
            .body(Body::empty())?;
        app.clone().oneshot(request).await?;
    }
    Ok(())
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request<Body>) -> StatusCode {
    let found = shared.database.query("select_order").run_async(async { Ok::<_, Infallible>(4711) }).await;
    let Ok(article) = shared.cache.get_or_load(|| Some(93), || Ok::<_, Infallible>(93));
    let user = request.headers()["x-user"].to_str().unwrap_or_default();
    info!(user_id = user, order = ?found, article, "order priced");
    let message = shared.queue.enqueue();
    message.received();
    let task = shared.worker.task("send_mail");
    let _ = task.run_async(async { Ok::<_, Infallible>(()) }).await;
    if request.headers()["x-failing"] == "yes" {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let payments = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let call =
        Request::get("http://payments:8080/payments").body(Body::empty()).expect("the request is valid");
    let Ok(response) = shared.payments.layer(payments).oneshot(call).await;
    response.status()
}
