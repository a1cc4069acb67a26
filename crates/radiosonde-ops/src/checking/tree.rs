use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Span};

/// The size of the largest file that is read.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The depth of the deepest list or map that is read: trees are walked and freed by recursion.
const MAX_DEPTH: usize = 64;
/// The number of values in the largest file that is read, with those that aliases repeat.
const MAX_NODES: usize = 500_000;

/// A value of a YAML or JSON file, with its line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    /// The line of its first character, from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
    nodes: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// A file that is not YAML or JSON within the limits: the line, and the reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InvalidTree {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl Tree {
    /// The documents of a file.
    pub(crate) fn documents(text: &str) -> Result<Vec<Self>, InvalidTree> {
        if text.len() > MAX_BYTES {
            let reason = format!("{} bytes; expected at most {MAX_BYTES}", text.len());
            return Err(InvalidTree { line: 1, reason });
        }
        let text = without_surrogates(text);
        let mut builder = Builder::default();
        let mut parser = Parser::new_from_str(&text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| InvalidTree {
                line: error.marker().line(),
                reason: format!("{}; expected YAML or JSON", error.info()),
            })?;
            let done = matches!(event, Event::StreamEnd);
            builder.event(event, span).map_err(|reason| InvalidTree { line: span.start.line(), reason })?;
            if done {
                break;
            }
        }
        Ok(builder.documents)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(own, _)| own == key).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(crate) fn list(&self) -> &[Self] {
        if let Value::List(list) = &self.value { list } else { &[] }
    }

    pub(crate) fn list_of(&self, key: &str) -> &[Self] {
        self.get(key).map(Self::list).unwrap_or_default()
    }

    pub(crate) fn entries(&self) -> &[(String, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The last line on which something of it is.
    pub(crate) fn last_line(&self) -> usize {
        let own = self.text().map_or(self.line, |text| self.line + text.trim_end().matches('\n').count());
        let below = self.list().iter().chain(self.entries().iter().map(|(_, value)| value));
        below.map(Self::last_line).fold(own, usize::max)
    }
}

/// The text without the pairs of escapes by which JSON writes characters such as emojis, and which YAML does not have.
fn without_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\u") {
        let start = after.get(..2).unwrap_or_default().to_ascii_lowercase();
        let low = after.get(4..7).is_some_and(|next| next.eq_ignore_ascii_case("\\ud"));
        let pair = low && matches!(start.as_str(), "d8" | "d9" | "da" | "db");
        replaced.push_str(before);
        replaced.push_str(if pair { "\\ufffd" } else { "\\u" });
        rest = if pair { after.get(10..).unwrap_or_default() } else { after };
    }
    Cow::Owned(replaced + rest)
}

#[derive(Default)]
struct Builder {
    documents: Vec<Tree>,
    open: Vec<Open>,
    anchors: HashMap<usize, Tree>,
    nodes: usize,
}

struct Open {
    tree: Tree,
    anchor: usize,
    key: Option<String>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.add(Tree { line, value: Value::Text(text.into_owned()), nodes: 1 }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(line, anchor, Value::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.start(line, anchor, Value::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.add(open.tree, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let tree = self.anchors.get(&anchor).ok_or("an alias within its own anchor")?;
                self.nodes += tree.nodes;
                if self.nodes > MAX_NODES || self.open.len() + tree.depth() > MAX_DEPTH {
                    return Err(format!("aliases of too many values; expected at most {MAX_NODES}"));
                }
                let tree = tree.clone();
                self.add(tree, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, line: usize, anchor: usize, value: Value) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested more deeply than {MAX_DEPTH} levels"));
        }
        self.open.push(Open { tree: Tree { line, value, nodes: 1 }, anchor, key: None });
        Ok(())
    }

    fn add(&mut self, tree: Tree, anchor: usize) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(format!("too many values; expected at most {MAX_NODES}"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, tree.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(tree);
            return Ok(());
        };
        open.tree.nodes += tree.nodes;
        match (&mut open.tree.value, open.key.take()) {
            (Value::List(list), _) => list.push(tree),
            (Value::Map(entries), Some(key)) => entries.push((key, tree)),
            // Keys that are not texts name nothing that is looked for.
            (Value::Map(_), None) => open.key = Some(tree.text().unwrap_or_default().to_owned()),
            (Value::Text(_), _) => {}
        }
        Ok(())
    }
}

impl Tree {
    fn depth(&self) -> usize {
        let below = self.list().iter().chain(self.entries().iter().map(|(_, value)| value));
        1 + below.map(Self::depth).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        Tree::documents(text).unwrap_err().reason
    }

    #[test]
    fn json_and_yaml_have_lines() {
        let json = "{\n\t\"panels\": [\n\t\t{\"title\": \"a\\/b\"}\n\t]\n}\n";
        let [json] = Tree::documents(json).unwrap().try_into().unwrap();
        let [panel] = json.list_of("panels") else { panic!("{json:?}") };
        assert_eq!((panel.text_of("title"), panel.get("title").unwrap().line), (Some("a/b"), 3));
        let [yaml] =
            Tree::documents("a:\n  - b: |\n      c\n      d\n    e: 1\n").unwrap().try_into().unwrap();
        let [first] = yaml.list_of("a") else { panic!("{yaml:?}") };
        assert_eq!((first.text_of("b"), first.get("b").unwrap().line), (Some("c\nd\n"), 3));
        assert_eq!((first.line, first.last_line()), (2, 5));
    }

    #[test]
    fn pairs_of_surrogates_are_read() {
        let [json] = Tree::documents("{\"a\": \"\\u00e9\\ud83d\\ude00b\"}").unwrap().try_into().unwrap();
        assert_eq!(json.text_of("a"), Some("\u{e9}\u{fffd}b"));
        assert_eq!(without_surrogates("\\ud83d"), "\\ud83d");
    }

    #[test]
    fn a_bomb_of_aliases_and_a_deep_list_are_refused() {
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (name, of) in ["b", "c", "d", "e", "f", "g"].iter().zip(["a", "b", "c", "d", "e", "f"]) {
            bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 10].join(", "));
        }
        assert!(reason(&bomb).contains("aliases of too many values"), "{}", reason(&bomb));
        assert_eq!(reason(&"- ".repeat(100)), "nested more deeply than 64 levels");
        assert!(Tree::documents(&"[".repeat(100_000)).is_err());
        assert!(reason("a: [").ends_with("expected YAML or JSON"));
        assert!(reason(&" ".repeat(MAX_BYTES + 1)).contains("expected at most"));
    }
}
