//! The rules for names, as at registration, with errors that point to the name.

use proc_macro2::Span;
use syn::{Error, Result};

pub(crate) fn check_label(text: &str, span: Span) -> Result<()> {
    let refuse = |why: &str| Err(Error::new(span, format!("label name {text:?} {why}")));
    if text.starts_with("__") {
        return refuse("starts with `__`, which is reserved by Prometheus");
    }
    if text == "le" || text == "quantile" {
        return refuse("is reserved for the exposition of histograms and summaries");
    }
    if !is_name(text) {
        return refuse("is outside [a-zA-Z_][a-zA-Z0-9_]*");
    }
    Ok(())
}

pub(crate) fn is_name(text: &str) -> bool {
    let head = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    head && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
