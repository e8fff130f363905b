//! Comments in modules of JavaScript, which browsers need not download: they are half of the SDK.

/// Returns a module without its empty lines, and without comments that stand on lines of their own. Lines of template literals stay,
/// and so does a file that begins with a licence (`/*!`).
pub(crate) fn without_comments(module: &str) -> String {
    if module.starts_with("/*!") {
        return module.to_owned();
    }
    let mut kept = String::with_capacity(module.len());
    let mut in_comment = false;
    let mut in_template = false;
    for line in module.lines() {
        let text = line.trim();
        let is_comment = in_comment || (!in_template && text.starts_with("/**"));
        if is_comment {
            let code = text.split_once("*/").map(|(_, code)| code.trim());
            in_comment = code.is_none();
            // A cast has code after its comment.
            if code.is_none_or(str::is_empty) {
                continue;
            }
        } else if !in_template && (text.is_empty() || text.starts_with("//")) {
            continue;
        }
        if text.replace("\\`", "").matches('`').count() % 2 == 1 {
            in_template = !in_template;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_on_lines_of_their_own_are_left_out() {
        let module = "// A file.\n\n/** One line. */\n/**\n * Several.\n */\nexport const a = 1; // kept\n  // Inner.\n";
        assert_eq!(without_comments(module), "export const a = 1; // kept\n");
    }

    #[test]
    fn code_after_a_comment_stays() {
        let module = "f(\n  /** @type {any} */ (a),\n);\n";
        assert_eq!(without_comments(module), module);
    }

    #[test]
    fn lines_of_templates_stay() {
        let module =
            "const a = `\n// text\n\n/** text */\n`;\n// A comment.\nconst b = '\\`';\n// Another.\n";
        assert_eq!(without_comments(module), "const a = `\n// text\n\n/** text */\n`;\nconst b = '\\`';\n");
    }

    #[test]
    fn licences_stay() {
        let module = "/*!\n * A licence.\n */\n// code\n";
        assert_eq!(without_comments(module), module);
    }
}
