//! How much anybody may ask for, and have.

use domain::limit::Quotas;

use super::WithoutRedis;
use super::source::{SettingError, Source, bad};

/// Whether anybody is limited at all.
pub(super) fn limited(source: &mut Source) -> Result<bool, SettingError> {
    match source.take("PARLOR_LIMITS").as_deref() {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(bad("PARLOR_LIMITS", "must be on or off")),
    }
}

/// How much of something a user may have at a time; without limits, as much as somebody said or else whatever they like.
pub(super) fn cap(
    source: &mut Source,
    name: &str,
    default: usize,
    limited: bool,
) -> Result<usize, SettingError> {
    let default = if limited { default } else { usize::MAX };
    source.parse(name, &default.to_string(), "must be a number")
}

/// The limits of the API, and the envelope dialect's: its document's, which only turning all of them off changes.
pub(super) fn quotas(source: &mut Source, limited: bool) -> Result<(Quotas, Quotas), SettingError> {
    let mut quota = |name: &str, default: &str| {
        let text = source.take(name).unwrap_or_else(|| default.to_owned());
        if text == "off" {
            return Ok(None);
        }
        let quota = text.parse().map_err(|error| bad(name, &format!("{error}, or off")))?;
        Ok(limited.then_some(quota))
    };
    let shared = Quotas {
        auth: quota("PARLOR_LIMIT_AUTH", "5/1m")?,
        api: quota("PARLOR_LIMIT_API", "1200/1m")?,
        anonymous: quota("PARLOR_LIMIT_ANONYMOUS", "100/15m")?,
        upload: quota("PARLOR_LIMIT_UPLOAD", "60/1h")?,
    };
    let fixed = |text: &str| match text.parse() {
        Ok(quota) => Ok(limited.then_some(quota)),
        Err(error) => Err(bad("PARLOR_LIMITS", &format!("{text} {error}"))),
    };
    let general = fixed("100/15m")?;
    let envelope = Quotas { auth: fixed("5/1m")?, api: general, anonymous: general, upload: fixed("10/1h")? };
    Ok((shared, envelope))
}

pub(super) fn limits_without_redis(source: &mut Source) -> Result<WithoutRedis, SettingError> {
    match source.take("PARLOR_LIMITS_WITHOUT_REDIS").as_deref() {
        None | Some("local") => Ok(WithoutRedis::Local),
        Some("open") => Ok(WithoutRedis::Open),
        Some(_) => Err(bad("PARLOR_LIMITS_WITHOUT_REDIS", "must be local or open")),
    }
}
