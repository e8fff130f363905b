//! Listing the caller's own files.

use std::sync::Arc;

use super::{File, FileReader};
use crate::account::Identity;
use crate::{Page, PageRequest, Result, SortOrder};

/// The key by which files are ordered; the id decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileSort {
    /// The time of the upload.
    #[default]
    CreatedAt,
    /// The name, by code points, on every store alike.
    Name,
    /// The size in bytes.
    Size,
}

/// The order of a list of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileQuery {
    /// The sort key.
    pub sort: FileSort,
    /// The direction.
    pub order: SortOrder,
}

/// Lists the files that the caller uploaded.
pub struct ListFiles {
    pub(crate) files: Arc<dyn FileReader>,
}

impl ListFiles {
    /// Returns one page in the requested order.
    pub async fn execute(&self, caller: Identity, query: FileQuery, page: PageRequest) -> Result<Page<File>> {
        Ok(self.files.files_of(caller.user.id, query, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::file::MockFileReader;
    use crate::testing::{caller, file, user_id};

    #[tokio::test]
    async fn callers_list_their_own_files_in_the_requested_order() {
        let query = FileQuery { sort: FileSort::Size, order: SortOrder::Ascending };
        let page = PageRequest { page: 2, limit: 10 };
        let mut files = MockFileReader::new();
        files
            .expect_files_of()
            .with(eq(user_id(1)), eq(query), eq(page))
            .times(1)
            .returning(|_, _, _| Ok(Page { items: vec![file(3, 1)], total: 11 }));
        let list = ListFiles { files: Arc::new(files) };
        assert_eq!(list.execute(caller(1), query, page).await.unwrap().items, [file(3, 1)]);
    }
}
