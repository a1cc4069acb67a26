//! Recording by a ready set allocates nothing, once its names are known.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_metrics::Registry;
use radiosonde_signals::{Cache, EvictionCause, Queue, Worker};
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn hits_waits_and_tasks_allocate_nothing() {
    let registry = Registry::new();
    let cache = Cache::builder("prices").registry(&registry).build().unwrap();
    let queue = Queue::builder("mail").registry(&registry).build().unwrap();
    let worker = Worker::builder("mail").registry(&registry).build().unwrap();
    let hit = || assert_eq!(cache.get_or_load(|| Some(1), || Err("not loaded")), Ok(1));
    assert_eq!(CountingAllocator::per_call(hit), 0.0);
    let load = || assert_eq!(cache.get_or_load(|| None, || Ok::<_, String>(1)), Ok(1));
    assert_eq!(CountingAllocator::per_call(load), 0.0);
    assert_eq!(CountingAllocator::per_call(|| cache.evicted(EvictionCause::Size)), 0.0);
    let wait = || assert!(queue.enqueue().received() < std::time::Duration::MAX);
    assert_eq!(CountingAllocator::per_call(wait), 0.0);
    assert_eq!(CountingAllocator::per_call(|| drop(queue.enqueue())), 0.0);
    let task = || worker.task("send_mail").run_infallible(|| ());
    assert_eq!(CountingAllocator::per_call(task), 0.0);
    assert_eq!(CountingAllocator::per_call(|| worker.retried("send_mail")), 0.0);
    assert_eq!(CountingAllocator::per_call(|| worker.created("send_mail")), 0.0);
}
