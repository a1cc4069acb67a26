//! A service over sockets, for the script `http` in `benches`: `server NAME PORT THREADS`.
//!
//! Its handlers do nothing; lines go to standard output, spans are counted, and metrics are kept.

#[path = "../http/scene.rs"]
#[allow(dead_code, reason = "requests come from outside")]
mod scene;
mod services;

use tokio::net::TcpListener;
use tokio::runtime::Builder;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let port: u16 = arguments.next().and_then(|port| port.parse().ok()).expect("server NAME PORT THREADS");
    let threads = arguments.next().and_then(|threads| threads.parse().ok()).unwrap_or(1);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap();
    runtime.block_on(async {
        let router = services::named(&name).unwrap_or_else(|| panic!("there is no service {name:?}"));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
