//! Listing the caller's own files.

use std::sync::Arc;

use super::{File, FileReader};
use crate::account::Identity;
use crate::{Page, PageRequest, Result, SortOrder};

/// By what files are ordered. The id decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileSort {
    /// When the file was uploaded.
    #[default]
    CreatedAt,
    /// Its name, by code points: on every store alike.
    Name,
    /// How many bytes it has.
    Size,
}

/// In what order files are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileQuery {
    /// By what they are ordered.
    pub sort: FileSort,
    /// Which end comes first.
    pub order: SortOrder,
}

/// Lists what the caller uploaded.
pub struct ListFiles {
    pub(crate) files: Arc<dyn FileReader>,
}

impl ListFiles {
    /// One page, in the order asked for.
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
    async fn callers_see_their_own_in_the_order_they_ask_for() {
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
