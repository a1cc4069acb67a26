//! The entries that arrive at the socket of a journal.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{IoSliceMut, Read as _, Seek as _};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Clock as _, Resource, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_journald::{Journald, JournaldBuilder, JournaldError};
use radiosonde_log::{JsonLayer, fatal};
use radiosonde_metrics::Registry;
use rustix::fs::{SealFlags, fcntl_get_seals};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tracing::{debug, error, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt as _;

struct Journal {
    folder: tempfile::TempDir,
    socket: UnixDatagram,
}

impl Journal {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("socket")).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { folder, socket }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The bytes of the next entry, and whether they arrived as a file in memory. Never blocks: entries are sent
    /// synchronously.
    fn next(&self) -> Option<(Vec<u8>, bool)> {
        let mut bytes = vec![0; 1 << 20];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let read = recvmsg(&self.socket, &mut slices, &mut control, RecvFlags::empty()).ok()?.bytes;
        let Some(RecvAncillaryMessage::ScmRights(mut descriptors)) = control.drain().next() else {
            bytes.truncate(read);
            return Some((bytes, false));
        };
        assert_eq!(read, 0, "a descriptor comes alone");
        let mut file = File::from(descriptors.next().unwrap());
        // The journal rejects a file that could still change.
        let all = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
        assert!(fcntl_get_seals(&file).unwrap().contains(all));
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        Some((bytes, true))
    }

    fn fields(&self) -> Vec<(String, String)> {
        decode(&self.next().unwrap().0)
    }
}

/// Decodes the native protocol.
fn decode(mut bytes: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.iter().position(|byte| matches!(byte, b'=' | b'\n')).unwrap();
        let name = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let is_long = bytes[end] == b'\n';
        bytes = &bytes[end + 1..];
        let length = if is_long {
            let (length, rest) = bytes.split_first_chunk().unwrap();
            bytes = rest;
            usize::try_from(u64::from_le_bytes(*length)).unwrap()
        } else {
            bytes.iter().position(|byte| *byte == b'\n').unwrap()
        };
        fields.push((name, String::from_utf8(bytes[..length].to_vec()).unwrap()));
        assert_eq!(bytes[length], b'\n');
        bytes = &bytes[length + 1..];
    }
    fields
}

fn sink(path: &Path) -> JournaldBuilder {
    Journald::builder().path(path)
}

fn while_logging(journal: Journald, work: impl FnOnce()) {
    let layer = JsonLayer::builder(&Resource::new("orders")).sink(Arc::new(journal)).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
}

#[test]
fn a_line_is_an_entry_with_its_fields() {
    let journal = Journal::start();
    while_logging(sink(&journal.path()).build().unwrap(), || {
        let trace_id = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
        let span_id = SpanId::from_hex("00f067aa0ba902b7").unwrap();
        let _current = SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED).enter();
        let _span = info_span!("request", request_id = "r-1", tenant.name = "ac\"me").entered();
        warn!(target: "orders::price", count = 3, ok = true, unit = "x", note = "two\nlines", "no price\n\tfor b-2");
    });
    let mut fields = journal.fields();
    let own = fields.drain(..7).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    assert_eq!(
        own,
        [
            "PRIORITY=4",
            "SYSLOG_IDENTIFIER=orders",
            "MESSAGE=no price\n\tfor b-2",
            "SERVICE=orders",
            "MODULE=orders::price",
            "TRACE_ID=4bf92f3577b34da6a3ce929d0e0e4736",
            "SPAN_ID=00f067aa0ba902b7",
        ]
    );
    fields.sort();
    let expected = [
        ("COUNT", "3"),
        ("F_UNIT", "x"),
        ("NOTE", "two\nlines"),
        ("OK", "true"),
        ("REQUEST_ID", "r-1"),
        ("TENANT_NAME", "ac\"me"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(journal.next().is_none(), "and no other entry");
}

#[test]
fn every_level_has_its_priority_and_a_line_without_a_message_is_shown_whole() {
    let journal = Journal::start();
    while_logging(sink(&journal.path()).identifier("shop").build().unwrap(), || {
        trace!("t");
        debug!("d");
        info!("i");
        warn!("w");
        error!("e");
        fatal!("f");
        info!(sku = "b-2");
    });
    let mut priorities = Vec::new();
    for _ in 0..6 {
        let fields = journal.fields();
        assert_eq!(fields[1], ("SYSLOG_IDENTIFIER".to_owned(), "shop".to_owned()));
        priorities.push(format!("{}{}", fields[2].1, fields[0].1));
    }
    assert_eq!(priorities, ["t7", "d7", "i6", "w4", "e3", "f2"]);
    let (name, message) = &journal.fields()[2];
    let line: serde_json::Value = serde_json::from_str(message).unwrap();
    assert_eq!((name.as_str(), &line["metadata"]["sku"]), ("MESSAGE", &"b-2".into()));
}

#[test]
fn an_entry_that_is_too_long_for_a_datagram_comes_as_sealed_memory() {
    let journal = Journal::start();
    let long = "x\n".repeat(1_000_000);
    let sink = Arc::new(sink(&journal.path()).build().unwrap());
    let layer = JsonLayer::builder(&Resource::new("orders")).sink(sink).max_line_bytes(4 << 20).build();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer.unwrap()), || {
        info!("short");
        info!("{long}");
    });
    assert!(!journal.next().unwrap().1);
    let (bytes, is_file) = journal.next().unwrap();
    assert!(is_file, "{} bytes", bytes.len());
    assert_eq!(decode(&bytes)[2], ("MESSAGE".to_owned(), long));
}

#[test]
fn a_full_journal_costs_lines_and_no_time_and_a_new_one_gets_the_next() {
    let mut journal = Journal::start();
    let registry = Registry::new();
    let dropped = |reason| {
        let name = format!(r#"radiosonde_log_journald_dropped_total{{reason="{reason}"}} "#);
        let text = registry.text();
        text.lines().find_map(|line| line.strip_prefix(&name)?.parse::<u64>().ok()).unwrap()
    };
    let sink = sink(&journal.path()).registry(&registry).build().unwrap();
    while_logging(sink, || {
        for _ in 0..5000 {
            info!("nobody reads");
        }
        error!("waits for a moment");
        let full = dropped("full");
        assert!((1..=5001).contains(&full), "{full}");
        let taken = std::iter::from_fn(|| journal.next()).count() as u64;
        assert_eq!(taken + full, 5001);
        info!("there is room again");
        assert_eq!(journal.fields()[2].1, "there is room again");

        std::fs::remove_file(journal.path()).unwrap();
        info!("nobody listens");
        assert_eq!(dropped("write"), 1);
        journal.socket = UnixDatagram::bind(journal.path()).unwrap();
        journal.socket.set_nonblocking(true).unwrap();
        info!("started again");
        assert_eq!(journal.fields()[2].1, "started again");
    });
    assert_eq!(dropped("write"), 1);
}

#[test]
fn an_audit_line_waits_for_a_full_journal_whatever_its_level() {
    let journal = Journal::start();
    while_logging(sink(&journal.path()).build().unwrap(), || {
        for _ in 0..5000 {
            info!("nobody reads");
        }
        let before = SystemClock.monotonic();
        info!(target: "radiosonde::audit", "order 7 deleted by ada");
        let waited = SystemClock.monotonic() - before;
        assert!(waited >= Duration::from_millis(4), "{waited:?}");
    });
}

#[test]
fn a_journal_that_is_not_there_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let absent = sink(&path).build().unwrap_err();
    assert!(matches!(absent, JournaldError::Socket { .. }), "{absent:?}");
    assert_eq!(absent.to_string(), format!("no journal listens at {path:?}"));
    assert_eq!(absent.path(), Some(&*path));
    // A socket file that its owner has left behind.
    drop(UnixDatagram::bind(&path).unwrap());
    let left = sink(&path).build().unwrap_err();
    assert!(std::error::Error::source(&left).is_some(), "{left}");
}
