use std::path::Path;

use crate::Finding;

/// Names for whatever is left over.
const REFUSED: [&str; 7] = ["common", "helper", "helpers", "misc", "types", "util", "utils"];

/// Files and folders of Rust code.
pub(crate) fn check(path: &str) -> Option<Finding> {
    let rust = Path::new(path).with_extension("");
    if Path::new(path).extension().is_none_or(|extension| extension != "rs") {
        return None;
    }
    let part = rust.iter().map(|part| part.to_string_lossy()).find(|part| REFUSED.contains(&&**part))?;
    Some(Finding::new(path, 1, format!("{part:?} is no name: expected the name of a concept")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_refused_and_words_that_hold_the_name_are_not() {
        for path in ["crates/a/src/util.rs", "crates/a/tests/common/mod.rs", "crates/a/src/types.rs"] {
            assert!(check(path).is_some(), "{path}");
        }
        for path in ["crates/a/src/uncommon.rs", "crates/a/src/name.rs", "docs/common.md"] {
            assert_eq!(check(path), None, "{path}");
        }
    }
}
