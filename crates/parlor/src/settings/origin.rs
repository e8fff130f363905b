//! Origins of web pages, as browsers send them in the header `Origin`.

use std::str::FromStr;

/// Scheme, host and, unless it is the scheme's default, port; in lower case, as browsers write it.
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
            // The colons of [::1] do not precede a port.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().map_err(drop)?)),
            _ => (authority, None),
        };
        let ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let good = match ipv6 {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
        };
        let own = matches!((scheme, port), ("http", Some(80)) | ("https", Some(443)));
        match port.filter(|_| !own) {
            _ if !good => Err(()),
            Some(port) => Ok(Self(format!("{scheme}://{host}:{port}"))),
            None => Ok(Self(format!("{scheme}://{host}"))),
        }
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
            "https://a b",
            "https://bücher.example",
            "://x",
            "http://[x]",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(()), "{text}");
        }
    }
}
