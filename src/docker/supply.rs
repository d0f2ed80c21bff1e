//! Files that are sent to the engine only when it wants them.

use super::Listed;
use crate::error::Result;

/// A build context on the side where its files are.
pub(crate) trait Supply: Send + Sync {
    /// Every entry, parents before what they hold.
    fn listed(&self) -> &[Listed];

    /// Reads the file at `index` in [`Supply::listed`] to its end, in pieces; exactly as many bytes as it is listed with.
    ///
    /// # Errors
    /// What `into` returns, as `System`; `Precondition` where the file is not what it was when it was listed.
    fn read(&self, index: usize, into: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> Result<()>;
}
