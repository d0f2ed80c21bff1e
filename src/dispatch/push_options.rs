//! From the flags that say how an image is pushed to what a request says of it.

use crate::cli::{CompressionArgs, GateArgs};
use crate::error::{Error, Result};
use crate::image::{Compression, Gate, PushOptions};

pub(super) fn options(gate: &GateArgs, compression: &CompressionArgs) -> Result<PushOptions> {
    Ok(PushOptions {
        gate: self::gate(gate),
        compression: match compression.compression.as_str() {
            "gzip" => Compression::Gzip,
            "zstd" => Compression::Zstd,
            other => {
                return Err(Error::usage(format!("`{other}` is no compression"))
                    .hint("write `gzip` or `zstd`"));
            }
        },
    })
}

pub(super) fn gate(arguments: &GateArgs) -> Option<Gate> {
    arguments.gate.as_ref().map(|severity| Gate {
        severity: severity.to_uppercase(),
        timeout_secs: arguments.gate_timeout,
    })
}
