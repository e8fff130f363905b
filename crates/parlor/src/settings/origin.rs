//! Origins of web pages, as browsers send them in the header `Origin`.

use std::str::FromStr;

/// Scheme, host and, unless it is the scheme's default, port; in lower case, as browsers write it. `*` stands for every port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(pub String);

impl FromStr for Origin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(())?;
        // Some programs show their own pages under their own schemes: tauri://localhost.
        let scheme_like = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(scheme_like) {
            return Err(());
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, "*")) if is_host(host) => return Ok(Self(format!("{scheme}://{host}:*"))),
            // The colons of [::1] do not precede a port.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().map_err(drop)?)),
            _ => (authority, None),
        };
        let good = is_host(host);
        let own = matches!((scheme, port), ("http", Some(80)) | ("https", Some(443)));
        match port.filter(|_| !own) {
            _ if !good => Err(()),
            Some(port) => Ok(Self(format!("{scheme}://{host}:{port}"))),
            None => Ok(Self(format!("{scheme}://{host}"))),
        }
    }
}

fn is_host(text: &str) -> bool {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
    }
}

/// The URL at which clients reach the server, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    pub url: String,
    /// The origin of pages that the server itself serves.
    pub origin: Origin,
}

impl FromStr for PublicUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (scheme, rest) = text.split_once("://").ok_or(())?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let origin: Origin = format!("{scheme}://{authority}").parse()?;
        let web = ["http://", "https://"].iter().any(|scheme| origin.0.starts_with(scheme));
        let path = path.strip_suffix('/').unwrap_or(path);
        let plain =
            path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte));
        let segments = path.split('/').skip(1);
        if !web || !plain || segments.into_iter().any(|segment| ["", ".", ".."].contains(&segment)) {
            return Err(());
        }
        Ok(Self { url: format!("{}{path}", origin.0), origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_write_them() {
        for (text, origin) in [
            ("https://chat.example", "https://chat.example"),
            ("HTTPS://Chat.Example:443", "https://chat.example"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]"),
            ("tauri://localhost", "tauri://localhost"),
            ("http://LocalHost:*", "http://localhost:*"),
            ("http://[::1]:*", "http://[::1]:*"),
        ] {
            assert_eq!(text.parse(), Ok(Origin(origin.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_text_that_no_browser_sends_is_not_an_origin() {
        for text in [
            "*",
            "null",
            "chat.example",
            "https://",
            "https://chat.example/",
            "https://chat.example/chat",
            "https://me@chat.example",
            "https://chat.example:x",
            "https://chat.example:99999",
            "https://*.example",
            "https://*:*",
            "https://:*",
            "https://a b",
            "https://bücher.example",
            "://x",
            "http://[x]",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(()), "{text}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin_and_a_prefix() {
        for (text, url, origin) in [
            ("https://chat.example", "https://chat.example", "https://chat.example"),
            ("https://chat.example/", "https://chat.example", "https://chat.example"),
            ("HTTPS://Chat.Example:443/Team", "https://chat.example/Team", "https://chat.example"),
            ("http://localhost:8080/a/b/", "http://localhost:8080/a/b", "http://localhost:8080"),
        ] {
            let parsed: PublicUrl = text.parse().unwrap();
            assert_eq!((&*parsed.url, &*parsed.origin.0), (url, origin), "{text}");
        }
        for text in [
            "chat.example",
            "/prefix",
            "ftp://chat.example",
            "https://",
            "https://me@chat.example",
            "https://chat.example/a?b",
            "https://chat.example/#a",
            "https://chat.example//",
            "https://chat.example/../a",
            "https://chat.example/a b",
            "https://chat.example/\"",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
