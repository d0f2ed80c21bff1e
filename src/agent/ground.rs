//! What has to be so in the container's file system before a stage runs.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::protocol::Order;

/// # Errors
/// What could not be made so, as the job log is to show it.
pub(super) fn prepare(order: &Order) -> Result<(), String> {
    for path in &order.unlink {
        remove_link(path).map_err(|error| format!("cannot remove the link `{path}`: {error}"))?;
    }
    for dir in &order.open_dirs {
        let why = |error| format!("cannot open the directory `{dir}` to all users: {error}");
        open_to_all(dir).map_err(why)?;
    }
    Ok(())
}

/// Removes what stands at `path`, if it is a symbolic link.
fn remove_link(path: &str) -> std::io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_symlink() => std::fs::remove_file(path),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes a directory that any user may write. One that others have opened already needs no right of ours.
fn open_to_all(dir: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    if std::fs::metadata(dir)?.permissions().mode() & 0o777 == 0o777 {
        return Ok(());
    }
    std::fs::set_permissions(dir, Permissions::from_mode(0o777))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_removed_and_what_it_leads_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        std::fs::create_dir(path("real")).unwrap();
        std::os::unix::fs::symlink(path("real"), path("link")).unwrap();
        let order = Order {
            unlink: vec![path("link"), path("real"), path("nothing")],
            open_dirs: vec![path("new")],
            ..Order::default()
        };
        prepare(&order).unwrap();
        assert!(std::fs::symlink_metadata(path("link")).is_err());
        assert!(std::fs::metadata(path("real")).unwrap().is_dir());
        let mode = std::fs::metadata(path("new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o777);
    }
}
