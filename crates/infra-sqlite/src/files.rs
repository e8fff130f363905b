//! What is known of files.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::account::UserRef;
use domain::file::{
    ContentType, Digest, File, FileName, FileQuery, FileReader, FileRemoval, FileSort, KeptFile,
};
use domain::{FileId, Page, PageRequest, SortOrder, StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{CountRow, bytes, count, moment, user_ref, uuid};

/// Why a file may not go, and who may have it: `f.id` is shown by a living message of a living room.
const SHOWN: &str = "FROM messages s JOIN rooms r ON r.id = s.room_id AND r.deleted_at IS NULL
    WHERE s.file_id = f.id AND s.deleted_at IS NULL";

/// A file without its uploader's name; all null where a message shows none.
#[derive(QueryableByName)]
#[expect(clippy::struct_field_names, reason = "these columns stand beside a message's of the same names")]
pub(crate) struct FileColumns {
    #[diesel(sql_type = Nullable<Binary>)]
    f_id: Option<Vec<u8>>,
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
    #[diesel(sql_type = Nullable<BigInt>)]
    f_created_at: Option<i64>,
}

impl FileColumns {
    /// What they are selected as.
    pub(crate) const SELECT: &str =
        "f.id AS f_id, f.name AS f_name, f.content_type AS f_type, f.size AS f_size,
            f.sha256 AS f_sha256, f.image AS f_image, f.created_at AS f_created_at";

    pub(crate) fn file(self, uploaded_by: UserRef) -> Result<Option<File>, StoreError> {
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
            id: FileId(uuid(&id)?),
            name: FileName::stored(name),
            content_type: ContentType(content_type),
            size: count(size)?,
            sha256: Digest(sha256),
            image,
            uploaded_by,
            created_at: moment(created_at)?,
        }))
    }
}

#[derive(QueryableByName)]
struct FileRow {
    #[diesel(embed)]
    columns: FileColumns,
    #[diesel(sql_type = Binary)]
    uploaded_by: Vec<u8>,
    #[diesel(sql_type = Text)]
    uploader: String,
}

impl FileRow {
    fn file(self) -> Result<File, StoreError> {
        let uploader = user_ref(&self.uploaded_by, self.uploader)?;
        self.columns.file(uploader)?.ok_or_else(|| StoreError::Corrupt("a file without its columns".into()))
    }
}

#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(embed)]
    known: FileRow,
    #[diesel(sql_type = Bool)]
    shown: bool,
}

impl KeptRow {
    fn kept(self) -> Result<KeptFile, StoreError> {
        Ok(KeptFile { file: self.known.file()?, shown: self.shown })
    }
}

/// What a file is selected as.
fn select() -> String {
    format!(
        "SELECT {}, f.uploaded_by, u.username AS uploader FROM files f JOIN users u ON u.id = f.uploaded_by",
        FileColumns::SELECT
    )
}

/// The order of a list: an index's, from either end.
fn order(query: FileQuery) -> String {
    let way = match query.order {
        SortOrder::Ascending => "ASC",
        SortOrder::Descending => "DESC",
    };
    let column = match query.sort {
        FileSort::CreatedAt => "f.created_at",
        FileSort::Name => "f.name",
        FileSort::Size => "f.size",
    };
    format!("{column} {way}, f.id {way}")
}

#[async_trait]
impl FileReader for SqliteStore {
    async fn file(&self, file: FileId, reader: UserId) -> Result<Option<File>, StoreError> {
        self.database
            .read(move |c| {
                let row: Option<FileRow> = sql_query(format!(
                    "{} WHERE f.id = ?1 AND (f.uploaded_by = ?2 OR EXISTS (SELECT 1 {SHOWN}
                     AND EXISTS (SELECT 1 FROM memberships m
                        WHERE m.room_id = s.room_id AND m.user_id = ?2 AND m.left_at IS NULL)))",
                    select()
                ))
                .bind::<Binary, _>(bytes(file.0))
                .bind::<Binary, _>(bytes(reader.0))
                .get_result(c)
                .optional()
                .map_err(store_error)?;
                row.map(FileRow::file).transpose()
            })
            .await
    }

    async fn files_of(
        &self,
        user: UserId,
        query: FileQuery,
        page: PageRequest,
    ) -> Result<Page<File>, StoreError> {
        self.database
            .read(move |c| {
                let total: CountRow = sql_query("SELECT count(*) AS n FROM files WHERE uploaded_by = ?1")
                    .bind::<Binary, _>(bytes(user.0))
                    .get_result(c)
                    .map_err(store_error)?;
                let rows: Vec<FileRow> = sql_query(format!(
                    "{} WHERE f.uploaded_by = ?1 ORDER BY {} LIMIT ?2 OFFSET ?3",
                    select(),
                    order(query)
                ))
                .bind::<Binary, _>(bytes(user.0))
                .bind::<BigInt, _>(i64::from(page.limit))
                .bind::<BigInt, _>(page.offset())
                .load(c)
                .map_err(store_error)?;
                let items = rows.into_iter().map(FileRow::file).collect::<Result<_, _>>()?;
                Ok(Page { items, total: count(total.n)? })
            })
            .await
    }

    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError> {
        self.database
            .read(move |c| {
                let mut known = vec![];
                // In-process, a look at each by primary key is as quick as one large query.
                for file in files {
                    let row: CountRow = sql_query("SELECT count(*) AS n FROM files WHERE id = ?1")
                        .bind::<Binary, _>(bytes(file.0))
                        .get_result(c)
                        .map_err(store_error)?;
                    if row.n > 0 {
                        known.push(file);
                    }
                }
                Ok(known)
            })
            .await
    }

    async fn files_after(&self, after: Option<FileId>, limit: u32) -> Result<Vec<KeptFile>, StoreError> {
        self.database
            .read(move |c| {
                let rows: Vec<KeptRow> = sql_query(format!(
                    "{} WHERE f.id > ?1 ORDER BY f.id LIMIT ?2",
                    select().replacen("SELECT", &format!("SELECT EXISTS (SELECT 1 {SHOWN}) AS shown,"), 1)
                ))
                .bind::<Binary, _>(after.map(|file| bytes(file.0)).unwrap_or_default())
                .bind::<BigInt, _>(i64::from(limit))
                .load(c)
                .map_err(store_error)?;
                rows.into_iter().map(KeptRow::kept).collect()
            })
            .await
    }
}

/// The file, whoever uploaded it. The one writer asks, so nobody removes it meanwhile.
pub(crate) fn one(c: &mut SqliteConnection, file: FileId) -> Result<Option<File>, StoreError> {
    let row: Option<FileRow> = sql_query(format!("{} WHERE f.id = ?1", select()))
        .bind::<Binary, _>(bytes(file.0))
        .get_result(c)
        .optional()
        .map_err(store_error)?;
    row.map(FileRow::file).transpose()
}

pub(crate) fn insert(c: &mut SqliteConnection, file: &File) -> Result<(), StoreError> {
    sql_query(
        "INSERT INTO files (id, name, content_type, size, sha256, image, uploaded_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind::<Binary, _>(bytes(file.id.0))
    .bind::<Text, _>(file.name.as_str())
    .bind::<Text, _>(&file.content_type.0)
    .bind::<BigInt, _>(i64::try_from(file.size).unwrap_or(i64::MAX))
    .bind::<Binary, _>(file.sha256.0.to_vec())
    .bind::<Bool, _>(file.image)
    .bind::<Binary, _>(bytes(file.uploaded_by.id.0))
    .bind::<BigInt, _>(file.created_at.unix_micros())
    .execute(c)
    .map_err(store_error)?;
    Ok(())
}

pub(crate) fn delete(c: &mut SqliteConnection, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
    let found = one(c, file)?.filter(|found| found.uploaded_by.id == by);
    if found.is_none() {
        return Ok(FileRemoval::Absent);
    }
    let removed =
        sql_query(format!("DELETE FROM files AS f WHERE f.id = ?1 AND NOT EXISTS (SELECT 1 {SHOWN})"))
            .bind::<Binary, _>(bytes(file.0))
            .execute(c)
            .map_err(store_error)?;
    Ok(if removed == 0 { FileRemoval::InUse } else { FileRemoval::Removed })
}
