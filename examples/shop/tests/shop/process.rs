use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The shop. It ends when its standard input closes.
pub(crate) struct Shop {
    process: Child,
    gateway: String,
    lines: Receiver<Value>,
}

impl Shop {
    pub(crate) fn start() -> Self {
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
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sent, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                let _ = sent.send(serde_json::from_str(&line.unwrap()).unwrap());
            }
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

    /// Sends an order that is paid with this token, with these headers; returns the response's head and body.
    pub(crate) fn order(&self, token: &str, headers: &str) -> String {
        let order =
            format!(r#"{{"user":"ada","article":"balloon","quantity":2,"method":"card","token":"{token}"}}"#);
        self.send(&format!(
            "POST /orders HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{headers}\r\n{order}",
            order.len(),
        ))
    }

    /// The gateway's metrics.
    pub(crate) fn metrics(&self) -> String {
        self.send("GET /metrics HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.gateway).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// The next line, if there is one within this time.
    pub(crate) fn line_within(&self, limit: Duration) -> Option<Value> {
        self.lines.recv_timeout(limit).ok()
    }

    /// Ends the shop; returns the lines that were not read.
    pub(crate) fn end(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
        self.lines.iter().collect()
    }
}
