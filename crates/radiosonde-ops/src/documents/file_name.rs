/// A name as the name of a file, or as a part of one: whatever it is, the file is in the folder that is meant, and no other name has it.
///
/// A name that cannot stand as it is gets a checksum of itself at its end.
pub(crate) fn file_name(name: &str) -> String {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    // Not `.` or `..`, and not hidden.
    if name.chars().all(is_usual) && !name.is_empty() && !name.starts_with('.') {
        return name.to_owned();
    }
    let usual: String = name.chars().map(|c| if is_usual(c) { c } else { '_' }).collect();
    format!("_{}-{:08x}", usual.trim_start_matches('.'), checksum(name))
}

/// FNV-1a: the same in every version of the standard library.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_name_stays_and_none_leaves_its_folder() {
        assert_eq!(["HighErrorRate", "a_b-c.d"].map(file_name), ["HighErrorRate", "a_b-c.d"]);
        for name in ["../../etc/passwd", "..", ".", "", "a b/c", "Größe", "C:\\x", ".hidden"] {
            let file = file_name(name);
            assert!(file.starts_with('_') && !file.contains(['/', '\\']), "{file}");
        }
    }

    #[test]
    fn two_names_have_two_files() {
        let names = ["a b", "a_b", "_a_b", "a/b", "a|b", "é", "è"];
        let files: std::collections::BTreeSet<_> = names.map(file_name).into_iter().collect();
        assert_eq!(files.len(), names.len(), "{files:?}");
    }
}
