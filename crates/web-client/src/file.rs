//! A file as it is served.

use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// A file as it is served.
#[derive(Debug)]
pub struct File {
    content_type: &'static str,
    tag: String,
    plain: Bytes,
    /// Compressed when a client first asks for it; `None` where that saves nothing.
    gzip: OnceLock<Option<Bytes>>,
}

impl File {
    /// Makes a file, whose content type follows from the end of its path.
    #[must_use]
    pub fn new(path: &str, plain: Bytes) -> Self {
        let mut start = [0; 16];
        start.copy_from_slice(&Sha256::digest(&plain)[..16]);
        let tag = format!("{:032x}", u128::from_be_bytes(start));
        Self { content_type: content_type(path), tag, plain, gzip: OnceLock::new() }
    }

    /// Returns the content type.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Returns the text of the entity tag, which changes with the bytes.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns the bytes.
    #[must_use]
    pub fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// Returns the bytes compressed by gzip, if they are fewer.
    #[must_use]
    pub fn gzip(&self) -> Option<Bytes> {
        self.gzip.get_or_init(|| compress(&self.plain)).clone()
    }
}

fn compress(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(plain).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < plain.len()).then(|| compressed.into())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_compressed_and_what_would_grow_is_not() {
        let text = File::new("a.css", Bytes::from("a { color: red } ".repeat(20)));
        assert!(text.gzip().unwrap().len() < text.plain().len());
        assert!(File::new("a.png", Bytes::from_static(b"a")).gzip().is_none());
    }

    #[test]
    fn the_tag_changes_with_the_bytes() {
        let tag =
            |text: &'static str| File::new("a.js", Bytes::from_static(text.as_bytes())).tag().to_owned();
        assert_eq!(tag("one"), tag("one"));
        assert_ne!(tag("one"), tag("two"));
        assert_eq!(tag("one").len(), 32);
    }

    #[test]
    fn the_name_tells_the_content_type() {
        let kinds = ["app.js", "a.b.css", "favicon.svg", "manifest.webmanifest", "README"];
        let types = kinds.map(|path| File::new(path, Bytes::new()).content_type());
        let [script, style, icon, manifest, other] = types;
        assert!(script.starts_with("text/javascript") && style.starts_with("text/css"));
        assert_eq!((icon, manifest), ("image/svg+xml", "application/manifest+json"));
        assert!(other.starts_with("text/plain"));
    }
}
