//! Records of files.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{Queryable, QueryableByName};
use domain::account::UserRef;
use domain::file::{ContentType, Digest, File, FileName, FileStoreState, KeptFile};
use domain::{DatabaseId, FileId, StoreError, Timestamp, UserId};

use super::{Row, count, user_ref};
use crate::sql_types::{Id, Moment};

/// Follows `EXISTS (SELECT 1`: a living message of a living room shows the file `f`.
pub const SHOWN: &str = "FROM messages s JOIN rooms r ON r.id = s.room_id AND r.deleted_at IS NULL
    WHERE s.file_id = f.id AND s.deleted_at IS NULL";

/// The columns of [`FileColumns`], of the table `f`.
macro_rules! file_columns {
    () => {
        "f.id AS f_id, f.name AS f_name, f.content_type AS f_type, f.size AS f_size, f.sha256 AS f_sha256,
            f.image AS f_image, f.created_at AS f_created_at"
    };
}

pub(super) use file_columns;

/// The types of [`FileColumns`], in their order.
pub(super) type FileTypes = (
    Nullable<Id>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Binary>,
    Nullable<Bool>,
    Nullable<Moment>,
);

/// A file without its uploader's name; all null where a message shows none.
#[derive(Queryable, QueryableByName)]
#[expect(clippy::struct_field_names, reason = "these columns stand beside a message's of the same names")]
pub struct FileColumns {
    #[diesel(sql_type = Nullable<Id>)]
    f_id: Option<FileId>,
    #[diesel(sql_type = Nullable<Text>)]
    f_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    f_type: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    f_size: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    f_sha256: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bool>)]
    f_image: Option<bool>,
    #[diesel(sql_type = Nullable<Moment>)]
    f_created_at: Option<Timestamp>,
}

impl FileColumns {
    pub(super) fn file(self, uploaded_by: UserRef) -> Result<Option<File>, StoreError> {
        let Self {
            f_id: Some(id),
            f_name: Some(name),
            f_type: Some(content_type),
            f_size: Some(size),
            f_sha256: Some(sha256),
            f_image: Some(image),
            f_created_at: Some(created_at),
        } = self
        else {
            return Ok(None);
        };
        let sha256 = sha256.try_into().map_err(|_| StoreError::Corrupt("a hash of another length".into()))?;
        Ok(Some(File {
            id,
            name: FileName::stored(name),
            content_type: ContentType(content_type),
            size: count(size)?,
            sha256: Digest(sha256),
            image,
            uploaded_by,
            created_at,
        }))
    }
}

/// A file and its uploader.
#[derive(QueryableByName)]
pub struct FileRow {
    #[diesel(embed)]
    columns: FileColumns,
    #[diesel(sql_type = Id)]
    uploaded_by: UserId,
    #[diesel(sql_type = Text)]
    uploader: String,
}

impl FileRow {
    /// Files `f`.
    pub const SELECT: &str = concat!(
        "SELECT ",
        file_columns!(),
        ", f.uploaded_by, u.username AS uploader FROM files f JOIN users u ON u.id = f.uploaded_by "
    );
}

impl Row for FileRow {
    type Value = File;

    fn value(self) -> Result<File, StoreError> {
        let uploader = user_ref(self.uploaded_by, self.uploader);
        self.columns.file(uploader)?.ok_or_else(|| StoreError::Corrupt("a file without its columns".into()))
    }
}

/// A file, and whether a message shows it.
#[derive(QueryableByName)]
pub struct KeptFileRow {
    #[diesel(embed)]
    file: FileRow,
    #[diesel(sql_type = Bool)]
    shown: bool,
}

impl KeptFileRow {
    /// Files `f`; `shown` is the condition that a message shows one.
    #[must_use]
    pub fn select(shown: &str) -> String {
        FileRow::SELECT.replacen("SELECT", &format!("SELECT EXISTS ({shown}) AS shown,"), 1)
    }
}

impl Row for KeptFileRow {
    type Value = KeptFile;

    fn value(self) -> Result<KeptFile, StoreError> {
        Ok(KeptFile { file: self.file.value()?, shown: self.shown })
    }
}

/// The id of a file.
#[derive(QueryableByName)]
pub struct FileIdRow {
    #[diesel(sql_type = Id)]
    id: FileId,
}

impl Row for FileIdRow {
    type Value = FileId;

    fn value(self) -> Result<FileId, StoreError> {
        Ok(self.id)
    }
}

/// The user and the bytes of a reservation.
#[derive(QueryableByName)]
pub struct ReservationRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

impl Row for ReservationRow {
    type Value = (UserId, i64);

    fn value(self) -> Result<(UserId, i64), StoreError> {
        Ok((self.user_id, self.bytes))
    }
}

/// Returns the state of the file store, which the migrations create.
pub fn file_store_state(row: Option<FileStoreState>) -> Result<FileStoreState, StoreError> {
    row.ok_or_else(|| StoreError::Corrupt("the table file_store has no row".into()))
}

/// The state of the file store.
#[derive(QueryableByName)]
pub struct FileStoreRow {
    #[diesel(sql_type = Id)]
    database_id: DatabaseId,
    #[diesel(sql_type = BigInt)]
    changes: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    sweep_after: Option<Timestamp>,
}

impl Row for FileStoreRow {
    type Value = FileStoreState;

    fn value(self) -> Result<FileStoreState, StoreError> {
        let changes = count(self.changes)?;
        Ok(FileStoreState { database: self.database_id, changes, sweep_after: self.sweep_after })
    }
}
