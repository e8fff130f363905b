//! Listing the caller's own files.

use std::sync::Arc;

use super::{File, FileReader};
use crate::account::Identity;
use crate::{Page, PageRequest, Result};

/// Lists what the caller uploaded.
pub struct ListFiles {
    pub(crate) files: Arc<dyn FileReader>,
}

impl ListFiles {
    /// One page, newest first.
    pub async fn execute(&self, caller: Identity, page: PageRequest) -> Result<Page<File>> {
        Ok(self.files.files_of(caller.user.id, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::file::MockFileReader;
    use crate::testing::{caller, file, user_id};

    #[tokio::test]
    async fn callers_see_their_own() {
        let page = PageRequest { page: 2, limit: 10 };
        let mut files = MockFileReader::new();
        files
            .expect_files_of()
            .with(eq(user_id(1)), eq(page))
            .times(1)
            .returning(|_, _| Ok(Page { items: vec![file(3, 1)], total: 11 }));
        let list = ListFiles { files: Arc::new(files) };
        assert_eq!(list.execute(caller(1), page).await.unwrap().items, [file(3, 1)]);
    }
}
