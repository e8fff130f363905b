//! Files as values. The rules are those of the wire contract, sections 6 and 10.

use std::fmt::{self, Write};

use unicode_normalization::UnicodeNormalization;

use crate::account::UserRef;
use crate::message::AttachmentKind;
use crate::{DatabaseId, FileId, Timestamp, UserId};

/// The record of an uploaded file. Its bytes are in the [`BlobStore`](super::BlobStore) under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// The name from the uploader, cleaned.
    pub name: FileName,
    /// The media type, detected from the bytes; the client's claim is ignored.
    pub content_type: ContentType,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// `true` for a raster image, which an `image` message may show and browsers may show inline.
    pub image: bool,
    /// The uploader.
    pub uploaded_by: UserRef,
    /// The time of the upload.
    pub created_at: Timestamp,
}

impl File {
    /// Returns the kind of attachment that fits the bytes.
    #[must_use]
    pub fn attachment_kind(&self) -> AttachmentKind {
        if self.image { AttachmentKind::Image } else { AttachmentKind::File }
    }
}

/// A file name cleaned of paths and of control and direction characters; 1 to 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    const LONGEST: usize = 255;
    /// The name of a file whose own name is empty after cleaning.
    const NAMELESS: &str = "file";

    /// Cleans a name from a client. Accepts any text: the name is only ever displayed, never used as a path.
    #[must_use]
    pub fn clean(raw: &str) -> Self {
        let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
        let text: String = last.nfc().filter(|&c| !c.is_control() && !changes_direction(c)).collect();
        // Truncated before the extension, by which people recognise the type.
        let text = shortened(text.trim());
        let text = text.trim();
        if text.is_empty() || text.chars().all(|c| c == '.') {
            Self(Self::NAMELESS.to_owned())
        } else {
            Self(text.to_owned())
        }
    }

    /// Restores a name from a store.
    #[must_use]
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns whether `c` changes the direction of text: after one, `gpj.exe` is displayed as `exe.jpg`.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= FileName::LONGEST {
        return text.to_owned();
    }
    let extension = text.rfind('.').map(|dot| &text[dot..]).filter(|tail| tail.chars().count() <= 16);
    let extension = extension.unwrap_or_default();
    let stem: String = text.chars().take(FileName::LONGEST - extension.chars().count()).collect();
    stem + extension
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A media type, such as `image/png`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContentType(pub String);

impl ContentType {
    /// The type of bytes that are not recognised.
    #[must_use]
    pub fn unknown() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// Returns whether this is a raster image, which cannot carry a script; SVG is not.
    #[must_use]
    pub fn is_raster_image(&self) -> bool {
        const RASTER: [&str; 7] = [
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
            "image/avif",
            "image/bmp",
            "image/vnd.microsoft.icon",
        ];
        RASTER.contains(&self.0.as_str())
    }
}

/// A SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Digest {
    /// Returns the digest in hexadecimal.
    #[must_use]
    pub fn hex(self) -> String {
        let mut text = String::with_capacity(64);
        let _infallible = write!(text, "{self}");
        text
    }
}

/// Bytes that are reserved for an upload in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// The file that is being uploaded.
    pub file: FileId,
    /// The user who uploads it.
    pub user: UserId,
    /// The number of bytes.
    pub bytes: u64,
    /// The time at which the reservation lapses.
    pub expires_at: Timestamp,
}

/// The file store, as the database knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStoreState {
    /// The id of the database.
    pub database: DatabaseId,
    /// The number of files that it stored and removed so far. It is noted in the store too: a database that has counted
    /// less than it once noted was restored from a backup.
    pub changes: u64,
    /// The time before which no sweep runs.
    pub sweep_after: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_keeps_no_path_and_nothing_that_breaks_a_line() {
        for (raw, clean) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\eve\\photo.jpg", "photo.jpg"),
            ("a\r\nSet-Cookie: x=y.txt", "aSet-Cookie: x=y.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("\u{61c}1.txt", "1.txt"),
            ("  e\u{301}t\u{e9}.txt ", "\u{e9}t\u{e9}.txt"),
            ("..", "file"),
            ("dir/", "file"),
            ("\0", "file"),
            ("", "file"),
        ] {
            assert_eq!(FileName::clean(raw).as_str(), clean, "{raw:?}");
        }
    }

    #[test]
    fn a_long_name_is_truncated_before_its_extension() {
        let name = FileName::clean(&format!("{}.tar", "\u{1f408}".repeat(400)));
        assert_eq!(name.as_str().chars().count(), 255);
        assert!(name.as_str().ends_with("\u{1f408}.tar"));
        assert_eq!(FileName::clean(&"a".repeat(400)).as_str(), "a".repeat(255));
    }

    #[test]
    fn only_raster_images_count_as_images() {
        assert!(ContentType("image/png".into()).is_raster_image());
        for other in ["image/svg+xml", "text/html", "application/pdf", "image/x-unknown"] {
            assert!(!ContentType(other.into()).is_raster_image(), "{other}");
        }
    }

    #[test]
    fn a_digest_is_written_in_hexadecimal() {
        let mut bytes = [0; 32];
        bytes[0] = 0xab;
        assert!(Digest(bytes).hex().starts_with("ab00"));
        assert_eq!(Digest(bytes).hex().len(), 64);
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_valid_name(raw in "(?s).{0,400}") {
            let name = FileName::clean(&raw);
            let count = name.as_str().chars().count();
            prop_assert!((1..=255).contains(&count));
            prop_assert!(!name.as_str().contains(['/', '\\', '\n', '\r', '\0']));
            prop_assert_eq!(&FileName::clean(name.as_str()), &name);
        }
    }
}
