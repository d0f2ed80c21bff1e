//! What a job may not have.

use super::{caller, job};

#[test]
fn what_reaches_for_the_host_is_refused_to_jobs_only() {
    for (line, expected) in [
        (
            "RUN --network=host x",
            "`RUN --network=host`: a job's steps run in the network of the build",
        ),
        (
            "ONBUILD RUN --network=host x",
            "`RUN --network=host`: a job's steps run in the network of the build",
        ),
        (
            "RUN --mount=type=ssh x",
            "`RUN --mount=type=ssh`: a job's build has no ssh agent",
        ),
        (
            "RUN --mount=type=$T x",
            "the type of `RUN --mount` is not written out",
        ),
        (
            "RUN --mount=type=s\\\\ecret,id=x x",
            "the type of `RUN --mount` is not written out",
        ),
        (
            "ARG BAWS_CACHE=x",
            "the name `BAWS_CACHE` is reserved: the host sets it",
        ),
        (
            "ARG A BAWS_CACHE",
            "the name `BAWS_CACHE` is reserved: the host sets it",
        ),
        (
            "ENV BUILDKIT_CACHE_MOUNT_NS x",
            "the name `BUILDKIT_CACHE_MOUNT_NS` is reserved: the host sets it",
        ),
        (
            "ONBUILD ENV BUILDKIT_SYNTAX=x",
            "the name `BUILDKIT_SYNTAX` is reserved: the host sets it",
        ),
        (
            "ARG BAWS${X}_CACHE",
            "the variable name `BAWS${X}_CACHE` is not written out",
        ),
        (
            "ENV \"BAWS_CACHE\"=x",
            "the variable name `\"BAWS_CACHE\"` is not written out",
        ),
        (
            "ENV BAWS_C\\ACHE=x",
            "the variable name `BAWS_C\\ACHE` is not written out",
        ),
        (
            "ADD git@host:x/y.git /y",
            "`ADD` of `git@host:x/y.git`: it is a git or ssh URL, which the engine would fetch with the host's rights",
        ),
        (
            "ADD ssh://host/y /y",
            "`ADD` of `ssh://host/y`: it is a git or ssh URL, which the engine would fetch with the host's rights",
        ),
        (
            "ADD HTTPS://host/y.git /y",
            "`ADD` of `HTTPS://host/y.git`: it is a git or ssh URL, which the engine would fetch with the host's rights",
        ),
        (
            "ADD https://h/y.git /y",
            "`ADD` of `https://h/y.git`: it is a git repository, which builders clone with the host's rights",
        ),
        (
            "ADD https://h/y.gi%74 /y",
            "`ADD` of `https://h/y.gi%74`: it is a git repository, which builders clone with the host's rights",
        ),
        (
            "ADD https://h/y#main /y",
            "`ADD` of `https://h/y#main`: a URL with `#` is read as a git repository by some builders",
        ),
        (
            "ADD https://$H/y /y",
            "`ADD` of `https://$H/y`: a variable stands in the URL's host",
        ),
        (
            "ADD https://h/$UNKNOWN /y",
            "`ADD` of `https://h/$UNKNOWN`: the value of `UNKNOWN` cannot be told from this file",
        ),
        (
            "ADD https://u:p@h/y /y",
            "`ADD` of `https://u:p@h/y`: it holds a user name or password",
        ),
        (
            "ADD https://h/a%20b /y",
            "`ADD` of `https://h/a%20b`: its last part holds characters that no file name of an `ADD` may have here",
        ),
        (
            "ONBUILD ADD https://h/y /y",
            "`ONBUILD ADD` of `https://h/y`: it may name a URL, which the engine would fetch for whoever builds on this image",
        ),
        (
            "ONBUILD ADD $X /y",
            "`ONBUILD ADD` of `$X`: it may name a URL, which the engine would fetch for whoever builds on this image",
        ),
        (
            "ADD [\"https://h/a\", \"https://h/b\", \"/y\"]",
            "this `ADD` takes several sources, and its destination does not end with `/`",
        ),
        (
            "ADD --checksum=sha256:12 https://h/a /y",
            "`--checksum=sha256:12` is no checksum that can be verified here",
        ),
    ] {
        let text = format!("FROM a\n{line}\n");
        assert_eq!(job(&text), format!("line 2: {expected}"), "{line}");
        assert_eq!(caller(&text), "", "{line}");
    }
    for line in [
        "RUN --mount=type=secret,id=x x",
        "RUN --mount=TYPE=Secret,id=x x",
        "RUN --mount=\"type=secret\",id=x x",
    ] {
        assert_eq!(job(&format!("FROM a\n{line}")), "");
        assert_eq!(caller(&format!("FROM a\n{line}")), "");
    }
    assert_eq!(
        job("ARG BUILDKIT_SYNTAX=x\nFROM a"),
        "line 1: the name `BUILDKIT_SYNTAX` is reserved: the host sets it"
    );
}

#[test]
fn what_jobs_may_have_passes() {
    for line in [
        "RUN --network=none --mount=type=cache,target=/c,id=$X x",
        "ADD . /src",
        "ADD app-${VERSION}.tar.gz /",
        "ADD --chown=a:b x y /d/",
        "ADD https://example.com/a.tar.gz /d/",
        "ADD http://example.com:8080/a?b=c /d/",
        "ADD http://10.0.0.1/a /d/",
        "ONBUILD ADD . /src",
        "ENV A=$BAWS_CACHE",
        "RUN echo BAWS_CACHE",
        "COPY --chmod=755 x /x",
    ] {
        assert_eq!(job(&format!("FROM a\n{line}\n")), "", "{line}");
    }
}

#[test]
fn addresses_of_the_host_are_refused_in_every_form() {
    for host in [
        "127.0.0.1",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "127.0.0.1:80",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "0x",
        "169.254.169.254",
        "169.254.43518",
        "0xa9fea9fe",
        "2852039166",
        "224.0.0.1",
        "255.255.255.255",
        "240.1.1.1",
        "[::1]",
        "[::1]:80",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[ff02::1]",
        "localhost",
        "LOCALHOST:1",
        "localhost.",
        "a.localhost",
        "metadata.google.internal",
        "metadata.google.internal.",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.08",
        "[fe80::1%25eth0]",
        "",
        ":80",
        "a:b",
        "a:99999",
        "a%2eb",
    ] {
        assert!(
            !job(&format!("FROM a\nADD http://{host}/x /y\n")).is_empty(),
            "{host}"
        );
    }
    for host in [
        "10.1",
        "8.8.8.8",
        "[2001:db8::1]",
        "[2001:db8::1]:8080",
        "example.com",
        "1.example.com",
        "a_b.c",
    ] {
        assert_eq!(
            job(&format!("FROM a\nADD http://{host}/x /y\n")),
            "",
            "{host}"
        );
    }
}
