//! What is no store, or a damaged one, or none.

use super::*;

/// Opens in all ways what is no store, and sees that it stays what it is.
async fn refused(place: &Place, bytes: &[u8]) -> Error {
    fs::write(place.path(), bytes).unwrap();
    let before = snapshot(place.directory.path());
    for builder in [place.builder().check(true), place.builder().read_only(true), place.builder().accept_clock(true)] {
        // Who only reads need not notice at once that the end is missing, and must not take it for absent.
        match builder.open().await {
            Ok(disk) => match disk.scan(&space(), &Pattern::any(), Select::Keys, &Cursor::START, 2000).await {
                Ok(page) => assert_eq!(page.records.len(), 1000),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt),
            },
            Err(error) => assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Config)),
        }
        assert!(before == snapshot(place.directory.path()), "refusing a file changed a byte");
    }
    let error = place.builder().open().await.unwrap_err();
    assert!(before == snapshot(place.directory.path()), "refusing a file changed a byte");
    fs::remove_file(place.path()).unwrap();
    error
}

#[tokio::test]
async fn a_foreign_or_damaged_file_is_refused_and_left_as_it_is() {
    let place = Place::new();
    for bytes in [&b"{\"larder\":1}\n"[..], &[0; 100_000], &b"SQLite format 3\0".repeat(500), &[b'x'; 7]] {
        assert_eq!(refused(&place, bytes).await.kind(), ErrorKind::Corrupt);
    }

    let foreign = place.directory.path().join("foreign");
    let database = Database::create(&foreign).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = refused(&place, &fs::read(foreign).unwrap()).await;
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("another program"));

    let disk = place.open().await;
    for number in 0..1000 {
        disk.put(&space(), &[record(key![number], "v", seconds(60))]).await.unwrap();
    }
    drop(disk);
    let whole = fs::read(place.path()).unwrap();
    for length in [1, 100, 4096, whole.len() / 2, whole.len() - 1] {
        assert_eq!(refused(&place, &whole[..length]).await.kind(), ErrorKind::Corrupt, "cut to {length} bytes");
    }

    fs::write(place.path(), &whole).unwrap();
    let database = Database::create(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(STATE).unwrap().insert((), [0, 0, 0, 2, 9].as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let newer = fs::read(place.path()).unwrap();
    let error = refused(&place, &newer).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("format 2"));
}

#[tokio::test]
async fn nothing_is_made_where_nothing_is_to_be_made() {
    let place = Place::new();
    for builder in [place.builder().create(false), place.builder().read_only(true)] {
        assert_eq!(builder.open().await.unwrap_err().kind(), ErrorKind::Config);
    }
    let below = Disk::builder(place.directory.path().join("missing/store.larder"));
    let error = below.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("directory"));
    let directory = Disk::builder(place.directory.path());
    assert_eq!(directory.open().await.unwrap_err().kind(), ErrorKind::Config);
    assert!(snapshot(place.directory.path()).is_empty());
}

#[tokio::test]
async fn nobody_else_may_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    drop(place.open().await);
    for (path, _) in snapshot(place.directory.path()) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_damaged_record_is_reported_and_hides_no_other() {
    let place = Place::new();
    let disk = place.open().await;
    for number in 0..5 {
        put(&disk, key!["k", number], "value", seconds(60)).await;
    }
    drop(disk);
    let database = Database::create(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut records = transaction.open_table(RECORDS).unwrap();
        let stored = super::super::stored_key(&space(), &key!["k", 1]);
        let mut bytes = records.get(stored.as_slice()).unwrap().unwrap().value().to_vec();
        *bytes.last_mut().unwrap() ^= 4;
        records.insert(stored.as_slice(), bytes.as_slice()).unwrap();
        records.insert(super::super::stored_key(&space(), &key!["k", 2]).as_slice(), [1, 2].as_slice()).unwrap();
        records.insert([space().as_bytes(), &[2, 0xb4, b'k']].concat().as_slice(), [0; 20].as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);

    let disk = place.open().await;
    let page = scan(&disk, &Pattern::any()).await;
    assert_eq!((page.records.len(), page.damaged.len()), (3, 3));
    assert_eq!(scan(&disk, &pattern!["k", _]).await.records.len(), 3);
    let error = disk.get(&space(), &[key!["k", 1]], Select::Values).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(disk.take(&space(), &key!["k", 2]).await.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(
        disk.touch(&space(), &[key!["k", 0], key!["k", 1]], seconds(9)).await.unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    let absent = Put { when: When::Absent, ..record(key!["k", 1], "new", seconds(60)) };
    assert_eq!(disk.put(&space(), &[absent]).await.unwrap().remove(0).unwrap_err().kind(), ErrorKind::Corrupt);
    put(&disk, key!["k", 1], "new", seconds(60)).await;
    assert_eq!(get(&disk, key!["k", 1]).await.as_deref(), Some("new"));
    assert_eq!(disk.delete(&space(), &[key!["k", 2]]).await.unwrap(), [true]);
    place.clock.advance(61);
    disk.sweep(Sweep::Expired).await.unwrap();
    assert_eq!(disk.info().await.unwrap().records, Some(1), "only the key that is no key is left");
}
