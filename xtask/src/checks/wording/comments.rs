//! Finds the comments of a Rust file, without mistaking the inside of a string for one.

/// Consecutive lines of a comment, without their slashes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// The number of its first line, from 1.
    pub(super) line: usize,
    /// It documents an item or a file.
    pub(super) doc: bool,
    pub(super) text: String,
}

/// Collects the comments of a file. Block comments, which rustfmt leaves alone and this code does not use, are skipped.
pub(super) fn comments(source: &str) -> Vec<Comment> {
    let mut found: Vec<(usize, Comment)> = vec![];
    let mut string = None;
    for (number, line) in source.lines().enumerate() {
        let Some(start) = comment_start(line, &mut string) else { continue };
        let comment = &line[start..];
        let (mark, doc) = ["///", "//!"]
            .into_iter()
            .find(|mark| comment.starts_with(mark))
            .map_or(("//", false), |mark| (mark, true));
        let text = comment[mark.len()..].trim();
        match found.last_mut() {
            Some((last, before)) if *last + 1 == number && before.doc == doc => {
                *last = number;
                before.text.push(' ');
                before.text.push_str(text);
            }
            _ => found.push((number, Comment { line: number + 1, doc, text: text.to_owned() })),
        }
    }
    found.into_iter().map(|(_, comment)| comment).collect()
}

/// Finds where the comment of a line starts. `string` is the end of the string that the line begins within, and then of
/// the one that it ends within.
fn comment_start(line: &str, string: &mut Option<String>) -> Option<usize> {
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        if let Some(end) = string {
            // An escape hides a quotation mark from a plain string only.
            if end == "\"" && rest.starts_with('\\') {
                at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
            } else if rest.starts_with(end.as_str()) {
                at += end.len();
                *string = None;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        } else if rest.starts_with("//") {
            return Some(at);
        } else if let Some(hashes) = raw_string(rest) {
            *string = Some(format!("\"{}", "#".repeat(hashes)));
            at += hashes + 2;
        } else if rest.starts_with('"') {
            *string = Some("\"".to_owned());
            at += 1;
        } else {
            // The quotation mark as a character opens no string.
            let quoted = ["'\"'", "'\\\"'"].into_iter().find(|quoted| rest.starts_with(quoted));
            at += quoted.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), str::len);
        }
    }
    None
}

/// Counts the hashes of a raw string that starts here.
fn raw_string(rest: &str) -> Option<usize> {
    let rest = rest.strip_prefix('r')?;
    let quoted = rest.trim_start_matches('#');
    quoted.starts_with('"').then(|| rest.len() - quoted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(line: usize, doc: bool, text: &str) -> Comment {
        Comment { line, doc, text: text.to_owned() }
    }

    #[test]
    fn lines_of_a_comment_are_one_and_kinds_are_told_apart() {
        let source = "//! Of a file.\n\n/// Of an item,\n/// in two lines.\nfn x() {} // beside\n";
        let expected = [
            comment(1, true, "Of a file."),
            comment(3, true, "Of an item, in two lines."),
            comment(5, false, "beside"),
        ];
        assert_eq!(comments(source), expected);
    }

    #[test]
    fn strings_hold_no_comments() {
        let source = "let a = \"http://x \\\" // no\";\nlet b = r#\"// \" no\"#; // yes\nlet c = '\"'; // yes\n\
            let d = \"begins\n// no\n\"; // yes\n";
        let lines: Vec<_> =
            comments(source).iter().map(|comment| (comment.line, comment.text.clone())).collect();
        assert_eq!(lines, [(2, "yes yes".to_owned()), (6, "yes".to_owned())]);
    }
}
