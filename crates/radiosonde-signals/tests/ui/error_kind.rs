use radiosonde_signals::ErrorKind;

#[derive(ErrorKind)]
struct NoEnum;

#[derive(ErrorKind)]
enum NoVariant {}

#[derive(ErrorKind)]
enum SameKind {
    Declined,
    #[error_kind(rename = "declined")]
    Refused(u8),
}

#[derive(ErrorKind)]
enum EmptyKind {
    #[error_kind(rename = "")]
    Declined,
}

#[derive(ErrorKind)]
enum TwoKinds {
    #[error_kind(rename = "declined", other)]
    Declined,
}

#[derive(ErrorKind)]
enum UnknownOption {
    #[error_kind(name = "declined")]
    Declined,
}

#[derive(ErrorKind)]
#[error_kind(rename_all = "Title Case")]
enum UnknownCase {
    Declined,
}

#[derive(ErrorKind)]
enum OnAField {
    Declined(#[error_kind(other)] u8),
}

fn main() {}
