//! Work trees of every kind, packed and unpacked again.

use super::*;
use std::os::unix::fs::symlink;

fn entries(packed: &Packed) -> Vec<String> {
    let mut archive = tar::Archive::new(File::open(&packed.archive).unwrap());
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        format!(
            "{:o} {}",
            entry.header().mode().unwrap(),
            entry.path().unwrap().display()
        )
    });
    entries.filter(|line| !line.contains(".git/")).collect()
}

fn git_in(directory: &Path, arguments: &[&str]) -> String {
    let base = [
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.test",
        "-c",
        "protocol.file.allow=always",
    ];
    String::from_utf8(git(directory, &[&base, arguments].concat()).unwrap()).unwrap()
}

#[test]
fn what_is_packed_is_the_work_tree_as_it_is_now() {
    let (scratch, place) = (Scratch::new("test").unwrap(), Scratch::new("test").unwrap());
    let root = place.path().join("r");
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    };
    write("kept", "1");
    write("gone", "1");
    write("d/ignored.o", "1");
    write(".gitignore", "*.o\n");
    symlink("kept", root.join("link")).unwrap();
    git_in(&root, &["init", "-q", "-b", "main"]);
    git_in(&root, &["add", "."]);
    git_in(&root, &["commit", "-qm", "one\n\nmore"]);
    std::fs::remove_file(root.join("gone")).unwrap();
    write("d/new", "1");
    write("kept", "changed");

    let tree = WorkTree::find(&root.join("d")).unwrap();
    assert!(tree.is_changed());
    let History::Commit(commit) = &tree.history else {
        panic!("{:?}", tree.history)
    };
    assert_eq!(
        (commit.branch.as_deref(), commit.message.as_str()),
        (Some("main"), "one\n\nmore")
    );
    let packed = pack(&tree, &scratch).unwrap();
    assert_eq!(
        entries(&packed),
        [
            "666 .gitignore",
            "777 d",
            "666 d/new",
            "666 kept",
            "777 link",
            "777 .git"
        ]
    );

    let target = scratch.path().join("out");
    tar::Archive::new(File::open(&packed.archive).unwrap())
        .unpack(&target)
        .unwrap();
    assert_eq!(
        git_in(&target, &["status", "--porcelain"]),
        " D gone\n M kept\n?? d/"
    );
    assert_eq!(git_in(&target, &["rev-parse", "HEAD"]), commit.sha);
}

#[test]
fn a_directory_without_git_and_one_without_commits_are_packed_too() {
    let (scratch, place) = (Scratch::new("test").unwrap(), Scratch::new("test").unwrap());
    std::fs::create_dir_all(place.path().join("empty")).unwrap();
    std::fs::write(place.path().join("a"), "1").unwrap();
    let tree = WorkTree::find(place.path()).unwrap();
    assert_eq!(
        (
            &tree.history,
            entries(&pack(&tree, &scratch).unwrap()).join(" ")
        ),
        (&History::None, "666 a 777 empty".to_owned())
    );
    git_in(place.path(), &["init", "-q", "-b", "trunk"]);
    let (scratch, tree) = (
        Scratch::new("test").unwrap(),
        WorkTree::find(place.path()).unwrap(),
    );
    assert_eq!(
        tree.history,
        History::Unborn {
            branch: "trunk".to_owned()
        }
    );
    assert_eq!(
        entries(&pack(&tree, &scratch).unwrap()).join(" "),
        "666 a 777 .git"
    );
}
