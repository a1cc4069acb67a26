//! A customer's order through the real three services: every line of it has one correlation id.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;

/// The shop. It ends when its standard input closes.
struct Shop {
    process: Child,
    gateway: String,
    lines: JoinHandle<String>,
}

impl Shop {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command.args(["--base-port", "0", "--no-traffic", "--until-stdin-closes"]);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if ["OTEL_", "RADIOSONDE_", "RUST_LOG"].iter().any(|start| name.starts_with(start)) {
                command.env_remove(&*name);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stdout = process.stdout.take().unwrap();
        let lines = thread::spawn(move || {
            let mut lines = String::new();
            stdout.read_to_string(&mut lines).unwrap();
            lines
        });
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let gateway = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended");
            if let Some((address, _)) =
                line.strip_prefix("gateway: http://").and_then(|rest| rest.split_once(','))
            {
                break address.to_owned();
            }
        };
        // A full pipe would stop the shop.
        thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        Self { process, gateway, lines }
    }

    /// Sends an order with these headers; returns the response's head and body.
    fn order(&self, headers: &str) -> String {
        let order = r#"{"user":"ada","article":"balloon","quantity":2,"method":"card","token":"tok_1"}"#;
        let mut stream = TcpStream::connect(&self.gateway).unwrap();
        write!(
            stream,
            "POST /orders HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{headers}\r\n{order}",
            order.len(),
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Ends the shop; returns its lines.
    fn end(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
        let lines = self.lines.join().unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn text<'l>(line: &'l Value, key: &str) -> &'l str {
    line[key].as_str().unwrap_or_default()
}

/// The request ids of each service's lines with this correlation id.
fn request_ids<'l>(lines: &'l [Value], correlation_id: &str) -> BTreeMap<&'l str, BTreeSet<&'l str>> {
    let mut ids = BTreeMap::<_, BTreeSet<_>>::new();
    for line in lines.iter().filter(|line| text(line, "correlation_id") == correlation_id) {
        ids.entry(text(line, "service")).or_default().insert(text(line, "request_id"));
    }
    ids
}

#[test]
fn every_line_of_a_transaction_has_its_correlation_id() {
    let shop = Shop::start();
    let answer = shop.order("x-correlation-id: abc123\r\nx-request-id: req_123\r\n");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    for header in ["\r\nx-correlation-id: abc123\r\n", "\r\nx-request-id: req_123\r\n"] {
        assert!(answer.contains(header), "{answer}");
    }
    let without = shop.order("");
    let (_, made) = without.split_once("\r\nx-correlation-id: ").expect("it is answered");
    let made = made.lines().next().unwrap();
    let lines = shop.end();

    for correlation_id in ["abc123", made] {
        let of_both = |line: &&Value| text(line, "correlation_id") == correlation_id;
        let trace_id = text(lines.iter().find(of_both).expect("there are lines"), "trace_id");
        let in_trace: Vec<_> = lines.iter().filter(|line| text(line, "trace_id") == trace_id).collect();
        for line in &in_trace {
            assert_eq!(text(line, "correlation_id"), correlation_id, "{line}");
        }
        // By the worker, which the channel separates from the request.
        let by_worker = |line: &&&Value| text(line, "message") == "payment approved";
        let by_worker = in_trace.iter().find(by_worker).expect("the worker has a line");
        let ids = request_ids(&lines, correlation_id);
        assert_eq!(ids.keys().copied().collect::<Vec<_>>(), ["gateway", "orders", "payments"]);
        assert!(ids.values().all(|ids| ids.len() == 1), "each service has one id for the request: {ids:?}");
        assert!(ids["payments"].contains(text(by_worker, "request_id")), "{by_worker}");
        let distinct: BTreeSet<_> = ids.values().flatten().copied().collect();
        assert_eq!(distinct.len(), 3, "each service has an id of its own: {ids:?}");
    }
    assert!(request_ids(&lines, "abc123")["gateway"].contains("req_123"));
    assert!(
        request_ids(&lines, made)["gateway"].contains(made),
        "the first request's id is the transaction's"
    );
}
