use crate::source::split;
use crate::{Finding, Workspace};

/// `cfg(feature)` switches modules, so that no function has two bodies.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let rust = |path: &&String| path.starts_with("crates/") && path.contains(".rs");
    let texts = workspace.files().iter().filter(rust).filter_map(|path| Some((path, workspace.read(path)?)));
    texts.flat_map(|(path, text)| check_file(path, &text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let (code, _) = split(line);
        if !switches(&code) {
            continue;
        }
        let attribute = code.trim_start();
        if attribute.starts_with("#![cfg(") || attribute.starts_with("#![cfg_attr(") {
            continue;
        }
        // A derive adds an impl and gives no function a second body.
        if line.trim_start().starts_with("#[cfg_attr(feature = \"serde\", ") {
            continue;
        }
        let mut after = lines.clone().map(|(_, line)| line.trim_start());
        let item = after.find(|line| !line.is_empty() && !line.starts_with("#[") && !line.starts_with("//"));
        if !attribute.starts_with("#[cfg") || !item.is_some_and(is_mod_or_use) {
            findings.push(Finding::new(path, at + 1, "`cfg(feature)` elsewhere than on `mod` and `use`"));
        }
    }
    findings
}

fn switches(code: &str) -> bool {
    let cfg = code.contains("cfg(") || code.contains("cfg_attr(") || code.contains("cfg!(");
    // The name stands between quotes, which are not there any more.
    cfg && code.split("feature").skip(1).any(|after| after.trim_start().starts_with('='))
}

fn is_mod_or_use(line: &str) -> bool {
    let item = line.strip_prefix("pub").map_or(line, |rest| match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')').map_or(scope, |(_, item)| item),
        None => rest,
    });
    let item = item.trim_start();
    (item.starts_with("mod ") && item.ends_with(';')) || item.starts_with("use ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_uses_and_whole_files_may_be_switched() {
        for text in [
            "#[cfg(feature = \"http\")]\nmod service;\n",
            "#[cfg(feature = \"http\")]\n#[cfg_attr(docsrs, doc(cfg(feature = \"http\")))]\npub use service::Service;\n",
            "#[cfg_attr(not(feature = \"http\"), path = \"none.rs\")]\n// Why.\npub(crate) mod service;\n",
            "#![cfg(feature = \"http\")]\n",
            "#![cfg_attr(docsrs, feature(doc_cfg))]\nfn f() {}\n",
            "/// `#[cfg(feature = \"http\")]`\nfn f() {}\n",
            "#[cfg(target_os = \"linux\")]\nfn f() {}\n",
        ] {
            assert_eq!(check_file("a.rs", text), [], "{text}");
        }
    }

    #[test]
    fn anything_else_may_not() {
        for text in [
            "#[cfg(feature = \"http\")]\nfn f() {}\n",
            "#[cfg(not(feature = \"http\"))]\nmod inline {\n}\n",
            "struct A {\n    #[cfg(feature = \"http\")]\n    b: u8,\n}\n",
            "fn f() {\n    if cfg!(feature = \"http\") {}\n}\n",
            "#[cfg(all(unix, feature = \"http\"))]\nimpl A {}\n",
        ] {
            assert_eq!(check_file("a.rs", text).len(), 1, "{text}");
        }
    }
}
