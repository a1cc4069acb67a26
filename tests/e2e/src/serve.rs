use std::net::{SocketAddr, TcpListener};
use std::thread;

use axum::Router;

/// Serves the routes on a free port of loopback until the process ends, on a thread and a runtime of its own.
///
/// # Panics
/// If it cannot listen.
#[must_use]
#[expect(clippy::unwrap_used, reason = "a service that cannot listen fails the test")]
pub fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}
