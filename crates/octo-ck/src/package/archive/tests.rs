//! Archives as they should be, and as attackers make them.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn zip(build: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Cursor<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    build(&mut writer);
    writer.finish().unwrap()
}

fn with_files(files: &[(&str, &str)]) -> Cursor<Vec<u8>> {
    zip(|writer| {
        for (name, content) in files {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
    })
}

fn all(archive: Cursor<Vec<u8>>) -> Result<BTreeMap<String, String>, ArchiveError> {
    read_texts(archive, Limits::MODEL, |_| true)
}

fn refusal(archive: Cursor<Vec<u8>>) -> String {
    all(archive).unwrap_err().to_string()
}

#[test]
fn wanted_files_are_read() {
    let archive = with_files(&[("a/b.yaml", "x: 1"), ("./c\\d.yaml", "ä"), ("e.png", "no")]);
    let texts = read_texts(archive, Limits::MODEL, |name| name.ends_with(".yaml")).unwrap();
    let expected = [("a/b.yaml", "x: 1"), ("c/d.yaml", "ä")];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(texts, BTreeMap::from(expected));
}

#[test]
fn names_that_leave_the_archive_are_refused() {
    let names = [
        "../evil.yaml",
        "a/../../evil.yaml",
        "/etc/passwd",
        "..\\evil",
        "C:\\evil",
        "c:x",
    ];
    for name in names {
        let text = refusal(with_files(&[("good.yaml", "x"), (name, "x")]));
        assert!(text.contains("Names must be relative"), "{name}: {text}");
    }
}

#[test]
fn unwanted_entries_are_checked_too() {
    let archive = with_files(&[("good.yaml", "x"), ("../evil.png", "x")]);
    let outcome = read_texts(archive, Limits::MODEL, |name| name == "good.yaml");
    assert!(matches!(outcome, Err(ArchiveError::Name(_))), "{outcome:?}");
}

#[test]
fn links_are_refused() {
    let archive = zip(|writer| {
        writer
            .add_symlink("model.yaml", "/etc/passwd", SimpleFileOptions::default())
            .unwrap();
    });
    assert!(refusal(archive).contains("holds a link, 'model.yaml'"));
}

#[test]
fn the_same_name_in_two_spellings_is_refused() {
    let text = refusal(with_files(&[("a/b.yaml", "1"), ("a\\b.yaml", "2")]));
    assert!(text.contains("'a/b.yaml' is in it twice"), "{text}");
}

#[test]
fn bombs_are_refused() {
    let zeros = "0".repeat(8 * 1024 * 1024);
    let text = refusal(with_files(&[("bomb.yaml", &zeros)]));
    assert!(text.contains("more than 100 times its size"), "{text}");

    let small = Limits {
        total: 1024 * 1024,
        ..Limits::MODEL
    };
    let outcome = read_texts(with_files(&[("bomb.yaml", &zeros)]), small, |_| true);
    assert!(outcome.unwrap_err().to_string().contains("more than 1 MiB"));
}

#[test]
fn declared_sizes_are_not_believed() {
    let content = "0".repeat(3 * 1024 * 1024);
    let mut bytes = with_files(&[("bomb.yaml", &content)]).into_inner();
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let positions: Vec<usize> = (0..bytes.len() - 4)
        .filter(|at| bytes.get(*at..at + 4) == Some(&size))
        .collect();
    for at in positions {
        bytes[at..at + 4].copy_from_slice(&7_u32.to_le_bytes());
    }
    let limits = Limits {
        file: 1024 * 1024,
        ..Limits::MODEL
    };
    let outcome = read_texts(Cursor::new(bytes), limits, |_| true);
    assert!(outcome.is_err(), "{outcome:?}");
}

#[test]
fn too_many_entries_are_refused() {
    let few = Limits {
        entries: 2,
        ..Limits::MODEL
    };
    let archive = with_files(&[("a", ""), ("b", ""), ("c", "")]);
    let text = read_texts(archive, few, |_| true).unwrap_err().to_string();
    assert!(
        text.contains("it holds 3 entries, 2 are accepted."),
        "{text}"
    );
}

#[test]
fn a_huge_table_of_contents_is_not_read() {
    let little = Limits {
        directory: 2_000,
        ..Limits::MODEL
    };
    let names: Vec<String> = (0..200).map(|n| format!("file-{n}.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let outcome = read_texts(with_files(&files), little, |_| true);
    assert!(
        matches!(outcome, Err(ArchiveError::Unreadable(_))),
        "{outcome:?}"
    );
}

#[test]
fn damage_is_reported() {
    let whole = with_files(&[("a.yaml", "x: 1")]).into_inner();
    for end in [0, 4, whole.len() / 2, whole.len() - 1] {
        let outcome = all(Cursor::new(whole[..end].to_vec()));
        assert!(
            matches!(outcome, Err(ArchiveError::Unreadable(_))),
            "{end}: {outcome:?}"
        );
    }
    let archive = zip(|writer| {
        writer
            .start_file("a.yaml", SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&[0xff, 0xfe]).unwrap();
    });
    assert_eq!(refusal(archive), "'a.yaml' is not a text file in UTF-8.");
}
