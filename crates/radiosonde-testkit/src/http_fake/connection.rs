use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use radiosonde_core::{Clock, SystemClock};

use super::reaction::{Kind, Reaction};
use super::request::RecordedRequest;
use super::shared::Shared;

/// Serves a connection until it ends.
pub(super) type Serve = fn(&TcpStream, &Arc<Shared>) -> io::Result<()>;

pub(super) fn accept_all(listener: &TcpListener, shared: &Arc<Shared>, serve: Serve) {
    for stream in listener.incoming() {
        // A connection that broke before it was accepted is the client's problem.
        let Ok(stream) = stream else { continue };
        {
            let mut state = shared.lock();
            if state.stopped {
                return;
            }
            if let Some(Reaction { kind: Kind::Refuse, .. }) = state.script.front() {
                take_next(&mut state.script);
                continue;
            }
            let Ok(handle) = stream.try_clone() else { continue };
            state.connections.push(handle);
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // An error here means that the client is gone, which its own test notices.
            let _ = serve(&stream, &shared);
            let _ = stream.shutdown(Shutdown::Both);
        });
    }
}

pub(super) fn serve(stream: &TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = RecordedRequest::read(&mut reader)? {
        let last = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let reaction = shared.take_reaction(request);
        if !shared.pause(reaction.delay) {
            return Ok(());
        }
        match reaction.kind {
            Kind::Answer { status, headers, body, .. } => {
                let cut_off = answer(stream, status, &headers, &body)?;
                if last || cut_off {
                    return Ok(());
                }
            }
            Kind::Hang => shared.wait_for_stop(),
            Kind::Close | Kind::Refuse => return Ok(()),
        }
    }
    Ok(())
}

/// Writes the response; true if the script set its content length, which may be wrong.
fn answer(mut to: &TcpStream, status: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason_phrase(status));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let own_length = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !own_length && status != 204 && status != 304 {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    // In one piece: a second write would wait until the client has acknowledged the first.
    let mut whole = head.into_bytes();
    whole.extend_from_slice(body);
    to.write_all(&whole)?;
    Ok(own_length)
}

impl Shared {
    /// Records the request and returns the reaction to it.
    pub(super) fn take_reaction(&self, request: RecordedRequest) -> Reaction {
        let mut state = self.lock();
        let reaction = take_next(&mut state.script).unwrap_or_else(|| (self.respond)(&request));
        if reaction.kind != Kind::Refuse {
            state.requests.push(request);
        }
        drop(state);
        self.changed.notify_all();
        reaction
    }

    /// Waits; false if the fake was stopped meanwhile.
    fn pause(&self, delay: Duration) -> bool {
        let until = SystemClock.monotonic() + delay;
        let mut state = self.lock();
        while !state.stopped {
            let left = until.saturating_sub(SystemClock.monotonic());
            if left.is_zero() {
                return true;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    fn wait_for_stop(&self) {
        let mut state = self.lock();
        while !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The next reaction; the last one stays in the script.
fn take_next(script: &mut std::collections::VecDeque<Reaction>) -> Option<Reaction> {
    if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
}

const fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Scripted",
    }
}
