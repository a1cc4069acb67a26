use prost::Message as _;
use prost::bytes::BufMut as _;
use prost::encoding::{encode_varint, encoded_len_varint};
use radiosonde_trace::EncodedSpan;

use crate::proto;

/// The tag of field 1 and of field 2, with bytes: the only fields of the messages around the spans.
const FIELD_1: u8 = 0x0a;
const FIELD_2: u8 = 0x12;

/// The message `ExportTraceServiceRequest` of these spans: the resource once, each scope once. It is appended to the buffer that
/// `buffer` creates for its length.
///
/// # Cost
/// One allocation for the request, and one copy of each span.
pub(super) fn request(
    resource: &[u8],
    spans: &[EncodedSpan],
    buffer: impl FnOnce(usize) -> Vec<u8>,
) -> Vec<u8> {
    let scopes = Scopes::of(spans);
    let resource_spans = field_len(resource.len()) + scopes.len();
    let mut out = buffer(field_len(resource_spans));
    put_field(&mut out, FIELD_1, resource_spans);
    put_field(&mut out, FIELD_1, resource.len());
    out.extend_from_slice(resource);
    for (scope, len) in &scopes.0 {
        put_field(&mut out, FIELD_2, *len);
        let message = message_of(scope);
        put_field(&mut out, FIELD_1, message.encoded_len());
        message.encode_raw(&mut out);
        for span in spans.iter().filter(|span| span.scope() == *scope) {
            put_field(&mut out, FIELD_2, span.bytes().len());
            out.extend_from_slice(span.bytes());
        }
    }
    out
}

/// The scopes of a batch, and the length of the message of each. Few: the spans of `tracing` have one.
struct Scopes<'a>(Vec<(&'a str, usize)>);

impl<'a> Scopes<'a> {
    fn of(spans: &'a [EncodedSpan]) -> Self {
        let mut scopes: Vec<(&str, usize)> = Vec::new();
        for span in spans {
            let len = field_len(span.bytes().len());
            match scopes.iter_mut().find(|(scope, _)| *scope == span.scope()) {
                Some((_, total)) => *total += len,
                None => {
                    let scope = span.scope();
                    scopes.push((scope, field_len(message_of(scope).encoded_len()) + len));
                }
            }
        }
        Self(scopes)
    }

    fn len(&self) -> usize {
        self.0.iter().map(|(_, len)| field_len(*len)).sum()
    }
}

fn field_len(len: usize) -> usize {
    1 + encoded_len_varint(len as u64) + len
}

fn put_field(out: &mut Vec<u8>, tag: u8, len: usize) {
    out.put_u8(tag);
    encode_varint(len as u64, out);
}

/// The version is known for the spans of `tracing` only.
fn message_of(scope: &str) -> proto::Scope {
    let version = if scope == "radiosonde" { env!("CARGO_PKG_VERSION") } else { "" };
    proto::Scope { name: scope.to_owned().into(), version: version.into() }
}
