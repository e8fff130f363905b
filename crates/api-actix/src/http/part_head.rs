//! The head of a part of `multipart/form-data`: the name of its field, and of its file, as the client meant them.

use encoding_rs::{Encoding, WINDOWS_1252};
use percent_encoding::percent_decode;

/// The names in a part's `Content-Disposition`. All other headers of a part are ignored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PartHead {
    /// The name of the field.
    pub(crate) name: Option<String>,
    /// The name of the file: `filename*` (RFC 5987) where it can be decoded, else `filename`.
    pub(crate) file_name: Option<String>,
}

impl PartHead {
    /// Parses the lines of a head; whatever cannot be parsed is passed over.
    pub(super) fn parse(head: &[u8]) -> Self {
        let parameters = parameters(&disposition(head).unwrap_or_default());
        let find = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let extended = find("filename*").and_then(|value| extended_text(value));
        Self {
            name: find("name").map(|value| text(value)),
            file_name: extended.or_else(|| find("filename").map(|value| text(value))),
        }
    }
}

/// Returns the value of the first `Content-Disposition`, its folded lines joined.
fn disposition(head: &[u8]) -> Option<Vec<u8>> {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end).peekable();
    while let Some(line) = lines.next() {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        if !line[..colon].trim_ascii().eq_ignore_ascii_case(b"content-disposition") {
            continue;
        }
        let mut value = line[colon + 1..].to_vec();
        while let Some(folded) = lines.next_if(|next| next.starts_with(b" ") || next.starts_with(b"\t")) {
            value.push(b' ');
            value.extend_from_slice(folded.trim_ascii());
        }
        return Some(value);
    }
    None
}

/// Returns the parameters of a header's value, with lower-case names.
pub(super) fn parameters(header: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = vec![];
    let mut rest = behind_semicolon(header);
    while let Some(parameter) = rest {
        let end = parameter.iter().position(|&byte| byte == b'=' || byte == b';').unwrap_or(parameter.len());
        if parameter.get(end) != Some(&b'=') {
            rest = behind_semicolon(&parameter[end..]);
            continue;
        }
        let name = String::from_utf8_lossy(parameter[..end].trim_ascii()).to_ascii_lowercase();
        let (value, behind) = parameter_value(parameter[end + 1..].trim_ascii_start());
        found.push((name, value));
        rest = behind_semicolon(behind);
    }
    found
}

fn behind_semicolon(text: &[u8]) -> Option<&[u8]> {
    text.iter().position(|&byte| byte == b';').map(|at| &text[at + 1..])
}

/// Returns a value and what follows it. Browsers write a backslash as it is (`"C:\photo.png"`), some programs write a
/// quotation mark as `\"`.
fn parameter_value(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|&byte| byte == b';').unwrap_or(text.len());
        return (text[..end].trim_ascii().to_vec(), &text[end..]);
    };
    let (mut value, mut rest) = (vec![], quoted);
    loop {
        match rest {
            [] => return (value, rest),
            [b'"', behind @ ..] => return (value, behind),
            [b'\\', b'"', behind @ ..] if !follows_a_value(behind) => {
                value.push(b'"');
                rest = behind;
            }
            [byte, behind @ ..] => {
                value.push(*byte);
                rest = behind;
            }
        }
    }
}

/// Returns whether the text is what stands behind a quoted value: nothing, or another parameter.
fn follows_a_value(text: &[u8]) -> bool {
    match text.trim_ascii_start() {
        [] => true,
        [b';', next @ ..] => {
            let next = next.trim_ascii_start();
            let name =
                next.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || b"*-_".contains(&byte));
            let name = name.count();
            name > 0 && next[name..].trim_ascii_start().starts_with(b"=")
        }
        _ => false,
    }
}

/// Decodes a plain value: UTF-8, or else windows-1252; with the three escapes that browsers use.
fn text(value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(value).0,
    };
    [("%22", "\""), ("%0D", "\r"), ("%0d", "\r"), ("%0A", "\n"), ("%0a", "\n")]
        .into_iter()
        .fold(text.into_owned(), |text, (escape, character)| text.replace(escape, character))
}

/// Decodes `<charset>'<language>'<percent-encoded>` (RFC 5987); `None` where any of it is wrong, or nothing is left.
fn extended_text(value: &[u8]) -> Option<String> {
    let mut pieces = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, encoded) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let mut escapes = encoded.split(|&byte| byte == b'%').skip(1);
    if !escapes.all(|behind| behind.len() >= 2 && behind[..2].iter().all(u8::is_ascii_hexdigit)) {
        return None;
    }
    let bytes: Vec<u8> = percent_decode(encoded).collect();
    let encoding = Encoding::for_label(charset)?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes)?;
    (!text.is_empty()).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_name(parameters: &[u8]) -> Option<String> {
        let head =
            [b"Content-Disposition: form-data; name=\"file\"; ".as_slice(), parameters, b"\r\n\r\n"].concat();
        let parsed = PartHead::parse(&head);
        assert_eq!(parsed.name.as_deref(), Some("file"), "{}", String::from_utf8_lossy(parameters));
        parsed.file_name
    }

    #[test]
    fn the_file_name_is_the_one_that_the_client_meant() {
        let cases: &[(&[u8], &str)] = &[
            (br#"filename="photo.png""#, "photo.png"),
            (br"filename=photo.png", "photo.png"),
            (br#"FileName = "photo.png" "#, "photo.png"),
            (br#"filename="C:\fakepath\photo.png""#, r"C:\fakepath\photo.png"),
            (br#"filename="C:\dir\"; size=3"#, r"C:\dir\"),
            (br#"filename="C:\dir\""#, r"C:\dir\"),
            (br#"filename="a \"b\".txt""#, "a \"b\".txt"),
            (br#"filename="a; b=c.txt""#, "a; b=c.txt"),
            (br#"filename="%22a%0D%0ab%41.txt""#, "\"a\r\nb%41.txt"),
            (b"filename=\"caf\xe9 \x80.txt\"", "caf\u{e9} \u{20ac}.txt"),
            (b"filename=\"caf\xc3\xa9.txt\"", "caf\u{e9}.txt"),
            (br#"filename="unclosed.txt"#, "unclosed.txt"),
            (br#"filename="a.txt"; filename*=UTF-8''%e2%82%ac%20rates.txt"#, "\u{20ac} rates.txt"),
            (br#"filename*=utf-8'en'b.txt; filename="a.txt""#, "b.txt"),
            (br#"filename*="UTF-8''b.txt"; filename="a.txt""#, "b.txt"),
            (br"filename*=iso-8859-1''caf%E9.txt", "caf\u{e9}.txt"),
            (br#"filename*=UTF-8''%ff.txt; filename="a.txt""#, "a.txt"),
            (br#"filename*=UTF-8''%zz.txt; filename="a.txt""#, "a.txt"),
            (br#"filename*=UTF-8''%4; filename="a.txt""#, "a.txt"),
            (br#"filename*=klingon''b.txt; filename="a.txt""#, "a.txt"),
            (br#"filename*=b.txt; filename="a.txt""#, "a.txt"),
            (br#"filename*=UTF-8''; filename="a.txt""#, "a.txt"),
        ];
        for &(parameters, meant) in cases {
            let found = file_name(parameters);
            assert_eq!(found.as_deref(), Some(meant), "{}", String::from_utf8_lossy(parameters));
        }
        assert_eq!(file_name(b"size=3"), None);
    }

    #[test]
    fn other_headers_and_broken_lines_are_passed_over() {
        let head = b"\r\nX: 1\r\nnothing\r\n:\r\ncontent-disposition : form-data;\r\n\tname=file;\r\n \
            filename=\"a.txt\"\r\nContent-Disposition: form-data; name=other\r\n\r\n";
        let (name, file_name) = (Some("file".to_owned()), Some("a.txt".to_owned()));
        assert_eq!(PartHead::parse(head), PartHead { name, file_name });
        assert_eq!(PartHead::parse(b"\r\n\r\n"), PartHead { name: None, file_name: None });
    }
}
