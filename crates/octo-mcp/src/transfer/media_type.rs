//! What a file is, as its sender or its name says.

use axum::http::{HeaderMap, header};

/// The media type of files nothing is known about.
const UNKNOWN: &str = "application/octet-stream";
/// Types programs name without having looked at the file.
const MEANINGLESS: [&str; 2] = [UNKNOWN, "application/x-www-form-urlencoded"];
const MAX_LENGTH: usize = 200;

/// The media type a request says its body has, if it says something.
pub fn declared(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.trim();
    let essence = text.split(';').next()?.trim_end();
    let is_type = essence.contains('/') && text.len() <= MAX_LENGTH;
    let is_meant = !MEANINGLESS
        .iter()
        .any(|meaningless| meaningless.eq_ignore_ascii_case(essence));
    (is_type && is_meant).then(|| text.to_owned())
}

/// The media type files of that name usually have.
pub fn of_name(file_name: &str) -> String {
    let guess = mime_guess::from_path(file_name).first_raw();
    guess.unwrap_or(UNKNOWN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> HeaderMap {
        [(header::CONTENT_TYPE, text.parse().unwrap())]
            .into_iter()
            .collect()
    }

    #[test]
    fn senders_are_believed_when_they_say_something() {
        for (text, expected) in [
            ("text/plain; charset=utf-8", true),
            ("application/octet-stream", false),
            ("Application/X-WWW-Form-URLEncoded; charset=utf-8", false),
            ("nonsense", false),
            (&format!("a/{}", "b".repeat(MAX_LENGTH)), false),
        ] {
            let expected = expected.then(|| text.to_owned());
            assert_eq!(declared(&header(text)), expected, "{text}");
        }
        assert_eq!(declared(&HeaderMap::new()), None);
    }

    #[test]
    fn names_tell_the_rest() {
        assert_eq!(of_name("a.PDF"), "application/pdf");
        assert_eq!(of_name("a.unheardof"), UNKNOWN);
        assert_eq!(of_name("file"), UNKNOWN);
    }
}
