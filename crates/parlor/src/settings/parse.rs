//! Parsers of single settings. Each takes the text of a value and returns what it means, or a problem that completes the
//! sentence "Invalid value for …: ".

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use api_actix::{Dialect, ForwardedHeader};
use domain::account::Directory;
use domain::limit::Quota;
use infra_redis::Target;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::origin::PublicUrl;
use super::{Database, Listen, LogFormat, Secret, WithoutRedis};

type Parsed<T> = Result<T, String>;

/// Makes a parser return `None` for no value.
pub(super) fn optional<T>(parse: impl Fn(&str) -> Parsed<T>) -> impl Fn(&str) -> Parsed<Option<T>> {
    move |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Parses items separated by commas. A comma alone is an empty list.
pub(super) fn list<T: FromStr>(problem: &'static str) -> impl Fn(&str) -> Parsed<Vec<T>> {
    move |text| {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| parsed(item, problem)).collect()
    }
}

fn parsed<T: FromStr>(text: &str, problem: &str) -> Parsed<T> {
    text.parse().map_err(|_| problem.to_owned())
}

/// Returns the meaning of one of a few words.
fn choice<T, const N: usize>(text: &str, choices: [(&str, T); N]) -> Parsed<T> {
    let problem = format!("must be {}", choices.each_ref().map(|(word, _)| *word).join(" or "));
    choices.into_iter().find(|(word, _)| *word == text).map(|(_, meaning)| meaning).ok_or(problem)
}

pub(super) fn address(text: &str) -> Parsed<Listen> {
    parsed(text, "must be an address of this machine and a port: 127.0.0.1:3020, localhost:3020 or :3020")
}

pub(super) fn count(text: &str) -> Parsed<usize> {
    parsed(text, "must be a number")
}

pub(super) fn count_or_off(text: &str) -> Parsed<Option<u32>> {
    if text == "off" { Ok(None) } else { parsed(text, "must be a number, or off").map(Some) }
}

pub(super) fn byte_count(text: &str) -> Parsed<u64> {
    parsed(text, "must be a number")
}

/// Parses a number of bytes with a unit or without, or `off`.
pub(super) fn size_or_off(text: &str) -> Parsed<Option<u64>> {
    if text == "off" {
        return Ok(None);
    }
    let problem = || "must be a number of bytes, such as 500MiB, 1GiB or 1073741824, or off".to_owned();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u64 = match text[digits.len()..].trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(problem()),
    };
    let count: u64 = digits.parse().map_err(|_| problem())?;
    count.checked_mul(unit).map(Some).ok_or_else(problem)
}

pub(super) fn pool_size(text: &str) -> Parsed<usize> {
    let problem = "must be a number from 2 to 1000";
    parsed(text, problem)
        .and_then(|size| if (2..=1_000).contains(&size) { Ok(size) } else { Err(problem.into()) })
}

#[expect(clippy::unnecessary_wraps, reason = "every parser has this form")]
pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    Ok(PathBuf::from(text))
}

/// Parses a number and a unit.
pub(crate) fn duration(text: &str) -> Parsed<Duration> {
    let problem = || "must be a number and s, m, h or d, such as 30s".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(problem()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| problem())?;
    Ok(Duration::from_secs(u64::from(count) * unit))
}

pub(super) fn positive_duration(text: &str) -> Parsed<Duration> {
    duration(text).and_then(|time| if time.is_zero() { Err("must be at least 1s".into()) } else { Ok(time) })
}

pub(super) fn duration_or_off(text: &str) -> Parsed<Option<Duration>> {
    if text == "off" { Ok(None) } else { duration(text).map(Some) }
}

pub(super) fn quota(text: &str) -> Parsed<Option<Quota>> {
    if text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| format!("{error}, or off"))
}

pub(super) fn on_or_off(text: &str) -> Parsed<bool> {
    choice(text, [("on", true), ("off", false)])
}

pub(super) fn true_or_false(text: &str) -> Parsed<bool> {
    choice(text, [("true", true), ("false", false)])
}

pub(super) fn directory(text: &str) -> Parsed<Directory> {
    choice(text, [("everyone", Directory::Everyone), ("shared", Directory::Shared), ("off", Directory::Off)])
}

pub(super) fn local_or_open(text: &str) -> Parsed<WithoutRedis> {
    choice(text, [("local", WithoutRedis::Local), ("open", WithoutRedis::Open)])
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    choice(text, [("pretty", LogFormat::Pretty), ("json", LogFormat::Json)])
}

pub(super) fn database(text: &str) -> Parsed<Database> {
    Database::parse(text)
        .ok_or_else(|| "must be sqlite://<path> or postgres://<user>@<host>/<database>".to_owned())
}

pub(super) fn redis_url(text: &str) -> Parsed<Secret> {
    Target::parse(text).map(|_| Secret(text.to_owned())).map_err(|error| error.to_string())
}

pub(super) fn jwt_secret(text: &str) -> Parsed<Secret> {
    if text.len() < 32 { Err("must have at least 32 bytes".into()) } else { Ok(Secret(text.to_owned())) }
}

pub(super) fn forwarded_header(text: &str) -> Parsed<ForwardedHeader> {
    text.parse().map_err(|error: domain::Invalid| error.to_string())
}

pub(super) fn files_url(text: &str) -> Parsed<String> {
    match text.split_once("://") {
        Some(("file" | "s3", place)) if !place.is_empty() => Ok(text.to_owned()),
        _ => Err("must be file://<folder> or s3://<bucket>/<prefix>".into()),
    }
}

pub(super) fn public_url(text: &str) -> Parsed<PublicUrl> {
    parsed(text, "must be a URL such as https://chat.example or https://example.org/chat")
}

pub(super) fn otlp_url(text: &str) -> Parsed<String> {
    match text.split_once("://") {
        Some(("http" | "https", place)) if !place.is_empty() && !place.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        _ => Err("must be a URL such as http://collector:4318".into()),
    }
}

pub(super) fn dialects(text: &str) -> Parsed<Vec<Dialect>> {
    if text == "none" {
        return Ok(vec![]);
    }
    list("must be some of ryos, actions and envelope, separated by commas, or none")(text)
}

/// Checks a log filter. A part without `=` must be a level: it could be the name of a module, but then a mistyped level
/// would log nothing.
pub(super) fn log_filter(text: &str) -> Parsed<String> {
    let alone = text.split(',').map(str::trim).filter(|part| !part.contains(['=', '[', ']', '{', '}']));
    let levels = alone.filter(|part| !part.is_empty()).all(|part| part.parse::<LevelFilter>().is_ok());
    if levels && EnvFilter::try_new(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("must be a filter such as info, or warn,parlor=debug".into())
}
