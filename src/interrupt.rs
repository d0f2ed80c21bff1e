//! SIGTERM and SIGINT, by which people and the runner end this program's work, as one thing to wait for.

use crate::error::Signal;

/// Listens from now on, also where a shell has this program started with SIGINT ignored, as one in the background is; what
/// is given back ends with the first of the two. Within a runtime.
pub(crate) fn interrupted() -> std::io::Result<impl Future<Output = Signal>> {
    use futures_util::future::{Either, select};
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let (terminated, interrupted) = (
            std::pin::pin!(terminate.recv()),
            std::pin::pin!(interrupt.recv()),
        );
        match select(terminated, interrupted).await {
            Either::Left(_) => Signal::Terminate,
            Either::Right(_) => Signal::Interrupt,
        }
    })
}
