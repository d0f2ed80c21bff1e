//! What stands in a repository: its tree by blob ids, and files. Source: GitLab REST API, "Repositories", "Repository files".

use gitlab::api::projects::repository::files::FileRaw;
use gitlab::api::projects::repository::{Archive, ArchiveFormat, Tree as TreeOf};
use serde::Deserialize;

use super::failure::{built, if_any};
use super::{Failure, Gitlab, Of};

/// One file of a tree.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Blob {
    /// SHA-1, as git has it; of a directory the tree's.
    pub(crate) id: String,
    pub(crate) path: String,
    /// `100644`, `100755`, `120000`, `040000` or `160000`.
    pub(crate) mode: String,
}

/// How much of a tree is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    /// What lies at the top: one page in nearly all repositories.
    Top,
    Whole,
}

impl Gitlab {
    /// Directories too. `None`: there is no such ref, as in a project without a commit.
    pub(crate) async fn tree(
        &self,
        of: &Of<'_>,
        reference: &str,
        much: Tree,
    ) -> Result<Option<Vec<Blob>>, Failure> {
        let doing = format!("list the files of `{reference}`");
        let endpoint = TreeOf::builder()
            .project(of)
            .ref_(reference)
            .recursive(much == Tree::Whole)
            .build();
        let endpoint = built(&doing, endpoint)?;
        if_any(self.all_by_key(&doing, &endpoint).await)
    }

    /// A file's bytes; `None` where it is not there.
    pub(crate) async fn file(
        &self,
        of: &Of<'_>,
        reference: &str,
        path: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let doing = format!("read `{path}` at `{reference}`");
        let endpoint = FileRaw::builder()
            .project(of)
            .file_path(path)
            .ref_(reference)
            .build();
        let endpoint = built(&doing, endpoint)?;
        if_any(self.bytes(&doing, &endpoint).await)
    }

    /// Everything at a tag, branch or commit, as a tar compressed by gzip; `None`: there is no such thing.
    pub(crate) async fn archive(
        &self,
        of: &Of<'_>,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let doing = format!("fetch the files of `{reference}`");
        let endpoint = Archive::builder()
            .project(of)
            .sha(reference)
            .format(ArchiveFormat::TarGz)
            .build();
        let endpoint = built(&doing, endpoint)?;
        if_any(self.bytes(&doing, &endpoint).await)
    }

    /// A blob's bytes by its id, wherever in the history it is; `None`: nowhere.
    pub(crate) async fn blob(&self, of: &Of<'_>, id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let doing = format!("read the blob {id}");
        let call = super::call::Call::get(format!("projects/{of}/repository/blobs/{id}/raw"));
        if_any(self.bytes(&doing, &call).await)
    }
}
