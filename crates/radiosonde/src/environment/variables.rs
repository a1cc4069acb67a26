//! Reading environment variables: one place that knows what each may hold.

use std::cell::RefCell;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::str::FromStr;

use radiosonde_core::{diagnostics, is_quoted, parse_pairs};

use crate::error::InvalidVariable;

/// Where variables come from: the process' environment, or a test's table.
pub(crate) struct Variables<'a> {
    look_up: &'a dyn Fn(&str) -> Option<OsString>,
    unsupported: RefCell<Vec<Unsupported>>,
    given: RefCell<Vec<Given>>,
}

/// A text from a variable that only what is built from it can check: an error about it names the variable.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) variable: &'static str,
    pub(crate) text: String,
}

impl Given {
    pub(crate) fn refuse(
        &self,
        expected: &str,
        cause: impl Error + Send + Sync + 'static,
    ) -> InvalidVariable {
        // A URL may hold a password.
        let invalid = match self.text.contains('@') {
            true => InvalidVariable::secret(self.variable, expected),
            false => InvalidVariable::new(self.variable, &self.text, expected),
        };
        invalid.because(cause)
    }
}

/// A variable of OpenTelemetry's specification that has no effect here, or a value of one.
#[derive(Debug)]
pub(crate) struct Unsupported {
    /// The error that it is where `RADIOSONDE_STRICT` asks for one.
    error: InvalidVariable,
    instead: &'static str,
}

impl Unsupported {
    pub(crate) const fn name(&self) -> &'static str {
        self.error.name()
    }

    /// Warns, with the variable's name and what happens instead.
    pub(crate) fn report(&self) {
        // The kind is the variable, so that no warning holds another one back.
        let report = |what: fmt::Arguments<'_>| diagnostics::report("configuration", self.name(), what);
        match self.error.value() {
            Some(value) => report(format_args!("{value:?} is not supported; {}", self.instead)),
            None => report(format_args!("the variable has no effect; {}", self.instead)),
        }
    }
}

impl<'a> Variables<'a> {
    pub(crate) const fn new(look_up: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { look_up, unsupported: RefCell::new(Vec::new()), given: RefCell::new(Vec::new()) }
    }

    /// Notes that a variable of the specification has no effect; once, however many signals read it.
    pub(crate) fn unsupported(&self, error: InvalidVariable, instead: &'static str) {
        let mut unsupported = self.unsupported.borrow_mut();
        if unsupported.iter().all(|known| known.name() != error.name()) {
            unsupported.push(Unsupported { error, instead });
        }
    }

    /// Notes a text that is checked later.
    pub(crate) fn give(&self, variable: &'static str, text: &str) {
        self.given.borrow_mut().push(Given { variable, text: text.to_owned() });
    }

    /// The texts that are checked later.
    pub(crate) fn given(&self) -> Vec<Given> {
        self.given.take()
    }

    /// What has no effect. Where `RADIOSONDE_STRICT` asks for it, the first is an error.
    pub(crate) fn settle(&self) -> Result<Vec<Unsupported>, InvalidVariable> {
        let is_strict = self.flag("RADIOSONDE_STRICT")?;
        let mut unsupported = self.unsupported.take();
        if is_strict && !unsupported.is_empty() {
            return Err(unsupported.swap_remove(0).error.by_strictness());
        }
        Ok(unsupported)
    }

    /// The variable's text. An empty one counts as unset, as OpenTelemetry's specification requires.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, InvalidVariable> {
        self.read(name, |value, expected| InvalidVariable::new(name, value, expected))
    }

    /// Whether the variable has a value, whatever it is.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        (self.look_up)(name).is_some_and(|value| !value.is_empty())
    }

    /// The text of a variable that no error may show.
    pub(crate) fn secret(&self, name: &'static str) -> Result<Option<String>, InvalidVariable> {
        self.read(name, |_, expected| InvalidVariable::secret(name, expected))
    }

    fn read(
        &self,
        name: &str,
        refuse: impl Fn(&str, &str) -> InvalidVariable,
    ) -> Result<Option<String>, InvalidVariable> {
        let Some(value) = (self.look_up)(name) else { return Ok(None) };
        let text = value.into_string().map_err(|value| refuse(&value.to_string_lossy(), "UTF-8"))?;
        let text = text.trim();
        // An `--env-file` of Docker keeps the quotes that a shell takes away.
        if ['"', '\''].iter().any(|&quote| is_quoted(text, quote)) {
            return Err(refuse(text, "a value without quotes around it"));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// The variable as one of a few words, in any case.
    pub(crate) fn one_of<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, InvalidVariable> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text)) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(InvalidVariable::new(name, &text, &allowed.join(", ")))
            }
        }
    }

    /// The variable as a value of another type.
    pub(crate) fn parse<T>(&self, name: &'static str, allowed: &str) -> Result<Option<T>, InvalidVariable>
    where
        T: FromStr<Err: Display>,
    {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| InvalidVariable::new(name, &text, allowed))
    }

    /// The variable as a list of pairs; empty if it is not set.
    pub(crate) fn pairs(&self, name: &'static str) -> Result<Vec<(String, String)>, InvalidVariable> {
        let Some(list) = self.text(name)? else { return Ok(Vec::new()) };
        parse_pairs(&list).map_err(|_| InvalidVariable::new(name, &list, "key=value,key=value"))
    }

    /// A variable of our own as a truth value.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, InvalidVariable> {
        let words = [("true", true), ("false", false), ("1", true), ("0", false)];
        Ok(self.one_of(name, &words)?.unwrap_or(false))
    }

    /// A variable of the specification as a truth value: everything but `true` is false, which is warned of unless it is `false`.
    pub(crate) fn specified_flag(&self, name: &'static str) -> Result<bool, InvalidVariable> {
        let Some(text) = self.text(name)? else { return Ok(false) };
        if !["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(&text)) {
            let error = InvalidVariable::new(name, &text, "true, false");
            self.unsupported(error, "it counts as false");
        }
        Ok(text.eq_ignore_ascii_case("true"))
    }

    /// The variable as a comma-separated list of words in lower case, with its whole text. Empty elements are left out.
    pub(crate) fn words(&self, name: &'static str) -> Result<Option<(String, Vec<String>)>, InvalidVariable> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let words = text.split(',').map(|word| word.trim().to_ascii_lowercase());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        Ok((!words.is_empty()).then_some((text, words)))
    }
}
