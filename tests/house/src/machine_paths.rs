use crate::{Finding, Workspace};

/// First folders of paths that exist on one machine only, or for one user.
const FOLDERS: [&str; 4] = ["home", "root", "tmp", "work"];

/// No file may name a path of the machine it was written on. The lock file is generated.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let files = workspace.files().iter().filter(|path| *path != "Cargo.lock");
    let texts = files.filter_map(|path| Some((path, workspace.read(path)?)));
    texts.flat_map(|(path, text)| check_file(path, &text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate().filter_map(|(at, line)| Some((at + 1, machine_path(line)?)));
    lines
        .map(|(line, found)| Finding::new(path, line, format!("{found:?} is a path of one machine")))
        .collect()
}

/// The first such path of a line: a slash at the start of a word, a folder, a slash, a letter.
fn machine_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphabetic() || c == '.') {
            return None;
        }
        let rest = line.get(at + 1..)?;
        let folder = FOLDERS
            .iter()
            .find(|folder| rest.strip_prefix(**folder).is_some_and(|rest| rest.starts_with('/')))?;
        let name = rest.get(folder.len() + 1..)?;
        let end = name.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(name.len());
        (end > 0).then(|| line.get(at..at + 2 + folder.len() + end)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Assembled here, so that this file passes its own rule.
    fn path(folder: &str, rest: &str) -> String {
        format!("/{folder}/{rest}")
    }

    #[test]
    fn a_path_of_one_machine_is_refused_wherever_it_stands() {
        for folder in FOLDERS {
            let path = path(folder, "ann");
            for line in
                [path.clone(), format!("see {path}/notes.md"), format!("dir=\"{path}\""), format!("1:{path}")]
            {
                assert_eq!(machine_path(&line), Some(&*path), "{line}");
            }
        }
        let found = check_file("a.md", &format!("one\ntwo {}\n", path("tmp", "x")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
    }

    #[test]
    fn paths_within_something_and_placeholders_pass() {
        for (before, folder, rest) in [
            ("https://a.example", "home", "page"),
            (".", "tmp", "x"),
            ("a", "work", "x"),
            ("", "tmp", "{name}"),
            ("", "roots", "x"),
        ] {
            assert_eq!(machine_path(&format!("{before}{}", path(folder, rest))), None);
        }
    }
}
