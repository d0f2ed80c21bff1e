//! The id that git gives to a file's content: by it a tree listing tells what has changed, without reading a file.
//!
//! Source: git, "Git Internals - Git Objects": SHA-1 of `blob `, the length in bytes, a zero, and the content.

use sha1::{Digest, Sha1};

/// In hexadecimal.
pub(crate) fn blob_id(content: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", content.len()));
    hash.update(content);
    crate::digest::hexadecimal(&hash.finalize())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(
            super::blob_id(b""),
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        );
        assert_eq!(
            super::blob_id(b"hello\n"),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
    }
}
