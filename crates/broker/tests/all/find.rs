//! Which server is used, by what is named, what lies on `PATH`, and what must be fetched.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use broker::find::{Source, find_with};
use testkit::Scratch;

/// A program that only says which version it is.
fn fake(scratch: &Scratch, folder: &str, version: &str) -> PathBuf {
    let path = scratch.join(folder).join("nats-server");
    std::fs::create_dir_all(scratch.join(folder)).expect("a folder");
    std::fs::write(&path, format!("#!/bin/sh\necho 'nats-server: v{version}'\n")).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    path
}

fn folder_of(path: &Path) -> OsString {
    path.parent().expect("a folder").as_os_str().to_owned()
}

#[tokio::test]
async fn a_named_server_is_used_or_refused_but_not_replaced() {
    let scratch = Scratch::new();
    let (named, other) = (fake(&scratch, "named", "2.16.0"), fake(&scratch, "path", "2.15.3"));
    let found =
        find_with(Some(named.clone().into()), Some(folder_of(&other)), scratch.path()).await.expect("found");
    assert_eq!((found.path, found.source), (named, Source::Variable));

    let old = fake(&scratch, "old", "2.10.4");
    let error =
        find_with(Some(old.into()), Some(folder_of(&other)), scratch.path()).await.expect_err("too old");
    let error = format!("{error:#}");
    for part in ["NATS_SERVER names", "2.10.4", "2.15.0 or later", "set NATS_SERVER"] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    let missing = scratch.join("nothing");
    assert!(find_with(Some(missing.into()), Some(folder_of(&other)), scratch.path()).await.is_err());
}

#[tokio::test]
async fn an_old_server_on_the_path_is_passed_over() {
    let scratch = Scratch::new();
    let (old, fit) = (fake(&scratch, "old", "2.9.10"), fake(&scratch, "fit", "2.15.3"));
    let search = std::env::join_paths([folder_of(&old), folder_of(&fit)]).expect("a path");
    let found = find_with(None, Some(search), scratch.path()).await.expect("found");
    assert_eq!((found.path, found.source), (fit, Source::Path));
    assert_eq!(found.version.to_string(), "2.15.3");
}

#[tokio::test]
async fn a_machine_without_a_server_fetches_one_and_keeps_it() {
    let tools = testkit::server_binary().await.expect("a server");
    let version = broker::find::fit_version(tools).await.expect("a fit server");
    assert!(version.is_fit());
}
