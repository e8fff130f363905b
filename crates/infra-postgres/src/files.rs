//! What is known of files.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::account::UserRef;
use domain::file::{
    ContentType, Digest, File, FileName, FileQuery, FileReader, FileRemoval, FileSort, KeptFile,
};
use domain::{FileId, Page, PageRequest, SortOrder, StoreError, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::Link;
use crate::rows::{CountRow, count, moment, user_ref};
use crate::statement::sql;

/// Why a file may not go, and who may have it: `f.id` is shown by a living message of a living room.
const SHOWN: &str = "FROM messages s JOIN rooms r ON r.id = s.room_id AND r.deleted_at IS NULL
    WHERE s.file_id = f.id AND s.deleted_at IS NULL";

/// A file without its uploader's name; all null where a message shows none.
#[derive(QueryableByName)]
#[expect(clippy::struct_field_names, reason = "these columns stand beside a message's of the same names")]
pub(crate) struct FileColumns {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    f_id: Option<Uuid>,
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
    #[diesel(sql_type = Nullable<Timestamptz>)]
    f_created_at: Option<OffsetDateTime>,
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
            id: FileId(id),
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
    #[diesel(sql_type = SqlUuid)]
    uploaded_by: Uuid,
    #[diesel(sql_type = Text)]
    uploader: String,
}

impl FileRow {
    fn file(self) -> Result<File, StoreError> {
        let uploader = user_ref(self.uploaded_by, self.uploader);
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

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
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
        FileSort::Name => "f.name COLLATE \"C\"",
        FileSort::Size => "f.size",
    };
    format!("{column} {way}, f.id {way}")
}

#[async_trait]
impl FileReader for PostgresStore {
    async fn file(&self, file: FileId, reader: UserId) -> Result<Option<File>, StoreError> {
        let statement = sql(format!(
            "{} WHERE f.id = $1 AND (f.uploaded_by = $2 OR EXISTS (SELECT 1 {SHOWN}
             AND EXISTS (SELECT 1 FROM memberships m
                WHERE m.room_id = s.room_id AND m.user_id = $2 AND m.left_at IS NULL)))",
            select()
        ))
        .bind::<SqlUuid, _>(file.0)
        .bind::<SqlUuid, _>(reader.0);
        let row: Option<FileRow> = self.database.row(statement).await?;
        row.map(FileRow::file).transpose()
    }

    async fn files_of(
        &self,
        user: UserId,
        query: FileQuery,
        page: PageRequest,
    ) -> Result<Page<File>, StoreError> {
        let total = sql("SELECT count(*) AS n FROM files WHERE uploaded_by = $1").bind::<SqlUuid, _>(user.0);
        let listed = sql(format!(
            "{} WHERE f.uploaded_by = $1 ORDER BY {} LIMIT $2 OFFSET $3",
            select(),
            order(query)
        ))
        .bind::<SqlUuid, _>(user.0)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset());
        let mut link = self.database.link().await?;
        let total: Option<CountRow> = link.row(total).await?;
        let rows: Vec<FileRow> = link.rows(listed).await?;
        let items = rows.into_iter().map(FileRow::file).collect::<Result<_, _>>()?;
        Ok(Page { items, total: count(total.map_or(0, |total| total.n))? })
    }

    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError> {
        let ids: Vec<Uuid> = files.into_iter().map(|file| file.0).collect();
        let statement = sql("SELECT id FROM files WHERE id = ANY($1)").bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<IdRow> = self.database.rows(statement).await?;
        Ok(rows.into_iter().map(|row| FileId(row.id)).collect())
    }

    async fn files_after(&self, after: Option<FileId>, limit: u32) -> Result<Vec<KeptFile>, StoreError> {
        // `OFFSET 0` has the messages of each file looked up by themselves, instead of all read beforehand.
        let shown = format!("SELECT EXISTS (SELECT 1 {SHOWN} OFFSET 0) AS shown,");
        let statement =
            sql(format!("{} WHERE f.id > $1 ORDER BY f.id LIMIT $2", select().replacen("SELECT", &shown, 1)))
                .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), |file| file.0))
                .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<KeptRow> = self.database.rows(statement).await?;
        rows.into_iter().map(KeptRow::kept).collect()
    }
}

/// Those of the files that there are.
pub(crate) async fn some(link: &mut Link, files: Vec<Uuid>) -> Result<HashMap<Uuid, File>, StoreError> {
    if files.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = sql(format!("{} WHERE f.id = ANY($1)", select())).bind::<Array<SqlUuid>, _>(files);
    let rows = link.rows::<FileRow>(statement).await?.into_iter();
    rows.map(|row| row.file().map(|file| (file.id.0, file))).collect()
}

/// Those of the files that there are, held against their deletion until the transaction ends; in the order of their
/// ids, like everything that is locked.
pub(crate) async fn hold(link: &mut Link, files: Vec<Uuid>) -> Result<Vec<File>, StoreError> {
    let statement = sql(format!("{} WHERE f.id = ANY($1) ORDER BY f.id FOR SHARE OF f", select()))
        .bind::<Array<SqlUuid>, _>(files);
    link.rows::<FileRow>(statement).await?.into_iter().map(FileRow::file).collect()
}

pub(crate) async fn insert(link: &mut Link, file: File) -> Result<(), StoreError> {
    let statement =
        sql("INSERT INTO files (id, name, content_type, size, sha256, image, uploaded_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind::<SqlUuid, _>(file.id.0)
        .bind::<Text, _>(file.name.as_str().to_owned())
        .bind::<Text, _>(file.content_type.0)
        .bind::<BigInt, _>(i64::try_from(file.size).unwrap_or(i64::MAX))
        .bind::<Binary, _>(file.sha256.0.to_vec())
        .bind::<Bool, _>(file.image)
        .bind::<SqlUuid, _>(file.uploaded_by.id.0)
        .bind::<Timestamptz, _>(file.created_at.as_datetime());
    link.execute(statement).await.map(drop)
}

pub(crate) async fn delete(link: &mut Link, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
    // Waits for messages that are coming to show it; the next statement sees them.
    let lock = sql("SELECT id FROM files WHERE id = $1 AND uploaded_by = $2 FOR UPDATE")
        .bind::<SqlUuid, _>(file.0)
        .bind::<SqlUuid, _>(by.0);
    if link.row::<IdRow>(lock).await?.is_none() {
        return Ok(FileRemoval::Absent);
    }
    let removal = sql(format!("DELETE FROM files f WHERE f.id = $1 AND NOT EXISTS (SELECT 1 {SHOWN})"))
        .bind::<SqlUuid, _>(file.0);
    Ok(if link.execute(removal).await? == 0 { FileRemoval::InUse } else { FileRemoval::Removed })
}
