mod bare;
mod by_hand;
mod otel;
mod prometheus;
mod radiosonde;
mod traced;

use axum::Router;
use tracing::dispatcher::{Dispatch, with_default};

use crate::REQUEST;
use crate::harness::Contender;
use crate::scene;

/// The first is the reference.
pub fn all() -> Vec<Contender> {
    let mut all = bare::all();
    all.extend([
        prometheus::contender(),
        otel::metrics_of_0_30(),
        otel::metrics(),
        otel::metrics_and_spans(),
        traced::spans(),
        traced::lines(),
        traced::stack(),
        traced::stack_of_json_subscriber(),
    ]);
    all.extend(radiosonde::all());
    all.push(by_hand::contender());
    all
}

/// A contender with this router, and this subscriber of `tracing`. `settle` waits until the export has caught up.
fn contender(
    name: &'static str,
    router: Router,
    subscriber: Option<Dispatch>,
    settle: impl Fn() + Send + Sync + 'static,
) -> Contender {
    let request = scene::request();
    let run = move |times| {
        let mut router = router.clone();
        let mut answer = || (0..times).for_each(|_| scene::answer(&mut router, &request));
        match &subscriber {
            Some(subscriber) => with_default(subscriber, answer),
            None => answer(),
        }
    };
    Contender::new(name).batch(REQUEST, run, settle)
}
