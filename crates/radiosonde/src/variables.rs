//! Reading environment variables: one place that knows what each may hold.

use std::ffi::OsString;
use std::fmt::Display;
use std::str::FromStr;

use crate::InvalidVariable;

/// Where variables come from: the process' environment, or a test's table.
pub(crate) struct Variables<'a> {
    look_up: &'a dyn Fn(&str) -> Option<OsString>,
}

impl<'a> Variables<'a> {
    pub(crate) const fn new(look_up: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { look_up }
    }

    /// The variable's text. An empty one counts as unset, as OpenTelemetry's specification says.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, InvalidVariable> {
        self.read(name, |value, expected| InvalidVariable::new(name, value, expected))
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
        if is_quoted(text) {
            return Err(refuse(text, "a value without quotes around it"));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// The first of these variables that is set, with its name.
    pub(crate) fn first(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, String)>, InvalidVariable> {
        for &name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some((name, text)));
            }
        }
        Ok(None)
    }

    /// As [`first`](Self::first), for variables whose values no error may show.
    pub(crate) fn first_secret(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, String)>, InvalidVariable> {
        for &name in names {
            if let Some(text) = self.secret(name)? {
                return Ok(Some((name, text)));
            }
        }
        Ok(None)
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

    /// The variable as a truth value: `true` in any case is true, and so the specification has it; what is neither is an error.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, InvalidVariable> {
        Ok(self.one_of(name, &[("true", true), ("false", false)])?.unwrap_or(false))
    }
}

fn is_quoted(text: &str) -> bool {
    ['"', '\''].iter().any(|&quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote))
}
