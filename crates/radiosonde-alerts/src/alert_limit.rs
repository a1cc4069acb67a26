use std::fmt;

use crate::alert::Alert;

/// A bound of what an alert has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlertLimit {
    /// The bytes of its name: 256.
    NameBytes,
    /// The bytes of the name of a label or an annotation: 256.
    LabelNameBytes,
    /// The bytes of the value of a label: 1024.
    LabelBytes,
    /// The bytes of an annotation: 4096.
    AnnotationBytes,
    /// The labels: 64.
    Labels,
    /// The annotations: 64.
    Annotations,
}

impl AlertLimit {
    /// The bound.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::NameBytes | Self::LabelNameBytes => 256,
            Self::LabelBytes => 1024,
            Self::AnnotationBytes => 4096,
            Self::Labels | Self::Annotations => 64,
        }
    }

    /// The limit that the parts of an alert are beyond.
    pub(crate) fn exceeded<'a>(
        name: &str,
        labels: impl ExactSizeIterator<Item = (&'a String, &'a String)>,
        annotations: impl ExactSizeIterator<Item = (&'a String, &'a String)>,
    ) -> Option<Self> {
        let mut sizes = vec![
            (Self::NameBytes, name.len()),
            (Self::Labels, labels.len()),
            (Self::Annotations, annotations.len()),
        ];
        for (name, value) in labels {
            sizes.extend([(Self::LabelNameBytes, name.len()), (Self::LabelBytes, value.len())]);
        }
        for (name, text) in annotations {
            sizes.extend([(Self::LabelNameBytes, name.len()), (Self::AnnotationBytes, text.len())]);
        }
        sizes.into_iter().find(|(limit, size)| *size > limit.most()).map(|(limit, _)| limit)
    }

    /// The limit that an alert is beyond.
    pub(crate) fn exceeded_by(alert: &Alert) -> Option<Self> {
        Self::exceeded(alert.name(), alert.labels().iter(), alert.annotations().iter())
    }

    /// Cuts a text at this limit; whether that was necessary.
    pub(crate) fn cut(self, text: &mut String) -> bool {
        cut(text, self.most())
    }
}

/// Cuts a text after the last character that ends within this many bytes; whether that was necessary.
pub(crate) fn cut(text: &mut String, bytes: usize) -> bool {
    let is_too_long = text.len() > bytes;
    if is_too_long {
        let end = (0..=bytes).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or(0));
    }
    is_too_long
}

impl fmt::Display for AlertLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most();
        match self {
            Self::NameBytes => write!(f, "a name of at most {most} bytes"),
            Self::LabelNameBytes => write!(f, "names of labels and annotations of at most {most} bytes"),
            Self::LabelBytes => write!(f, "labels of at most {most} bytes"),
            Self::AnnotationBytes => write!(f, "annotations of at most {most} bytes"),
            Self::Labels => write!(f, "at most {most} labels"),
            Self::Annotations => write!(f, "at most {most} annotations"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_after_the_last_whole_character() {
        for (text, bytes, left) in
            [("aä€", 6, "aä€"), ("aä€", 5, "aä"), ("aä€", 3, "aä"), ("aä", 2, "a"), ("€", 2, ""), ("", 0, "")]
        {
            let mut cut_text = text.to_owned();
            assert_eq!(cut(&mut cut_text, bytes), text.len() > bytes, "{text:?} at {bytes}");
            assert_eq!(cut_text, left, "{text:?} at {bytes}");
        }
    }
}
