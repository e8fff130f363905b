//! JSON as values, and its two written forms.

use std::fmt::Write;

/// The greatest integer that every JSON reader takes exactly.
const EXACT: i64 = (1 << 53) - 1;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object; no key stands in it twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Returns the first problem with a part of the value: text with U+0000, a number that others would read as another one,
    /// or more than `levels` arrays and objects in each other.
    pub(super) fn problem(&self, levels: usize) -> Option<String> {
        match self {
            Self::Null | Self::Bool(_) => None,
            Self::Number(written) => number_problem(written),
            Self::Text(text) => text_problem(text),
            Self::List(_) | Self::Object(_) if levels == 0 => Some(too_deep()),
            Self::List(items) => items.iter().find_map(|item| item.problem(levels - 1)),
            Self::Object(members) => members
                .iter()
                .find_map(|(key, value)| text_problem(key).or_else(|| value.problem(levels - 1))),
        }
    }

    /// Writes the value without white space, every part as it came.
    pub(super) fn compact(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, false);
        text
    }

    /// Writes the value as RFC 8785 says, so that equal values are equal texts.
    pub(super) fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, true);
        text
    }

    fn write(&self, to: &mut String, canonical: bool) {
        match self {
            Self::Null => to.push_str("null"),
            Self::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Self::Number(written) if canonical => write_number(written, to),
            Self::Number(written) => to.push_str(written),
            Self::Text(text) => write_text(text, to),
            Self::List(items) => {
                to.push('[');
                for (index, item) in items.iter().enumerate() {
                    separate(index, to);
                    item.write(to, canonical);
                }
                to.push(']');
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                if canonical {
                    members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
                }
                to.push('{');
                for (index, (key, value)) in members.into_iter().enumerate() {
                    separate(index, to);
                    write_text(key, to);
                    to.push(':');
                    value.write(to, canonical);
                }
                to.push('}');
            }
        }
    }
}

fn too_deep() -> String {
    format!("must be at most {} levels deep", super::LEVELS)
}

fn text_problem(text: &str) -> Option<String> {
    text.contains('\0').then(|| "must not contain the control character U+0000".to_owned())
}

fn number_problem(written: &str) -> Option<String> {
    if written.contains(['.', 'e', 'E']) {
        let finite = written.parse::<f64>().is_ok_and(f64::is_finite);
        return (!finite).then(|| format!("must have finite numbers, unlike {}", start(written)));
    }
    let exact = written.parse::<i64>().is_ok_and(|number| (-EXACT..=EXACT).contains(&number));
    (!exact).then(|| format!("must have integers from -{EXACT} to {EXACT}, unlike {}", start(written)))
}

/// Returns the first characters of a number, which may be long.
fn start(written: &str) -> &str {
    written.get(..40).unwrap_or(written)
}

fn separate(index: usize, to: &mut String) {
    if index > 0 {
        to.push(',');
    }
}

fn write_text(text: &str, to: &mut String) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\u{8}' => to.push_str("\\b"),
            '\t' => to.push_str("\\t"),
            '\n' => to.push_str("\\n"),
            '\u{c}' => to.push_str("\\f"),
            '\r' => to.push_str("\\r"),
            c if c < ' ' => {
                let _infallible = write!(to, "\\u{:04x}", u32::from(c));
            }
            c => to.push(c),
        }
    }
    to.push('"');
}

/// Writes a number as ECMAScript does, which RFC 8785 refers to: the fewest digits that identify it, with an exponent where
/// it is very small or large.
fn write_number(written: &str, to: &mut String) {
    let number: f64 = written.parse().unwrap_or_default();
    if number < 0.0 {
        to.push('-');
    }
    let scientific = format!("{:e}", number.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = digits.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    // The number of digits before the decimal point.
    let whole = exponent + 1;
    let split = usize::try_from(whole).unwrap_or_default();
    match whole {
        1..=21 if split >= digits.len() => {
            let missing = whole - i32::try_from(digits.len()).unwrap_or_default();
            to.push_str(&digits);
            to.push_str(&zeros(missing));
        }
        1..=21 => {
            to.push_str(&digits[..split]);
            to.push('.');
            to.push_str(&digits[split..]);
        }
        -5..=0 => {
            to.push_str("0.");
            to.push_str(&zeros(-whole));
            to.push_str(&digits);
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            to.push_str(first);
            if !rest.is_empty() {
                to.push('.');
                to.push_str(rest);
            }
            to.push('e');
            to.push(if exponent < 0 { '-' } else { '+' });
            to.push_str(&exponent.abs().to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(written: &str) -> Json {
        Json::Number(written.to_owned())
    }

    #[test]
    fn canonical_numbers_are_those_of_ecmascript() {
        for (written, canonical) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("1E2", "100"),
            ("-12.50", "-12.5"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("123456789012345678901.5", "123456789012345680000"),
            ("333333333.33333329", "333333333.3333333"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("0.000000000000000000000000001", "1e-27"),
            ("-1.7976931348623157e308", "-1.7976931348623157e+308"),
            ("9007199254740991", "9007199254740991"),
        ] {
            assert_eq!(number(written).canonical(), canonical, "{written}");
        }
    }

    #[test]
    fn canonical_keys_are_ordered_by_their_utf_16() {
        let keys = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"];
        let object = Json::Object(keys.map(|key| (key.to_owned(), Json::Null)).to_vec());
        let ordered = ["\\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"];
        let wanted = ordered.map(|key| format!("\"{key}\":null")).join(",");
        assert_eq!(object.canonical(), format!("{{{wanted}}}"));
    }

    #[test]
    fn compact_text_escapes_nothing_that_may_stand_unescaped() {
        let text = Json::Text("\u{20ac}$\u{f}\nA'B\"\\\"/\u{7f}\u{8}\u{c}\t".to_owned());
        assert_eq!(text.compact(), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\u{7f}\\b\\f\\t\"");
    }
}
