//! What a container prints, line by line, while it prints it.

use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt;

use super::{Engine, Failure};

/// A line that does not end is passed on in parts of so many bytes.
const LONGEST_LINE: usize = 16 << 10;

impl Engine {
    /// Tells `line` what the container prints until it ends: from its start, or from now on.
    pub(crate) async fn follow(
        &self,
        name: &str,
        from_start: bool,
        line: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), Failure> {
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .follow(true)
            .tail(if from_start { "all" } else { "0" })
            .build();
        let mut stream = Box::pin(self.docker.logs(name, Some(options)));
        let mut rest = Vec::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| {
                self.failure(format!("read what the container `{name}` prints"), error)
            })?;
            rest.extend_from_slice(&part.into_bytes());
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let whole: Vec<u8> = rest.drain(..=end).collect();
                line(String::from_utf8_lossy(&whole).trim_end());
            }
            if rest.len() > LONGEST_LINE {
                line(&String::from_utf8_lossy(&std::mem::take(&mut rest)));
            }
        }
        if !rest.is_empty() {
            line(&String::from_utf8_lossy(&rest));
        }
        Ok(())
    }
}
