/// A name as the name of a file, or as a part of one: whatever it is, the file is in the folder that is meant.
pub(crate) fn file_name(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    // Not `.` or `..`, and not hidden.
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder() {
        let named =
            ["HighErrorRate", "../../etc/passwd", "..", ".", "a b/c", "Größe", "C:\\x"].map(file_name);
        let expected = ["HighErrorRate", "_._.._etc_passwd", "_.", "_", "a_b_c", "Gr__e", "C__x"];
        assert_eq!(named, expected);
    }
}
