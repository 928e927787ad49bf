//! A clock that is wrong ends nothing for good, and revives nothing.

use super::*;

#[tokio::test]
async fn a_wall_clock_set_back_revives_nothing() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(10)).await;
    place.clock.advance(11);
    assert_eq!(get(&disk, "k").await, None);
    place.clock.set_wall(0);
    assert_eq!(get(&disk, "k").await, None);
    drop(disk);
    let disk = place.open().await;
    assert_eq!(get(&disk, "k").await, None);
    // And time goes on all the same.
    put(&disk, "later", "v", seconds(10)).await;
    place.clock.set_wall(0);
    place.clock.monotonic.fetch_add(11_000_000_000, Ordering::SeqCst);
    assert_eq!(get(&disk, "later").await, None);
}

#[tokio::test]
async fn a_leap_of_the_clock_removes_nothing_until_it_is_accepted() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(1800)).await;
    drop(disk);
    place.clock.advance(7200);
    let disk = place.open().await;
    assert_eq!(get(&disk, "k").await, None, "hidden all the same");
    let swept = disk.sweep(Sweep::Compact).await.unwrap();
    assert_eq!((swept.records, swept.held), (0, 1));
    assert!(disk.info().await.unwrap().warnings[0].contains("clock=accept"));
    put(&disk, "new", "v", seconds(10)).await;
    place.clock.advance(11);
    assert_eq!(get(&disk, "new").await, None);
    drop(disk);

    // The clock was wrong and is put right: nothing was lost.
    place.clock.set_wall(20);
    let disk = place.open().await;
    assert_eq!(get(&disk, "k").await.as_deref(), Some("v"));
    assert_eq!(disk.info().await.unwrap().warnings, [""; 0]);
    drop(disk);

    // The clock was right and is accepted.
    place.clock.set_wall(7300);
    drop(place.builder().accept_clock(true).open().await.unwrap());
    let disk = place.open().await;
    assert_eq!(disk.sweep(Sweep::Expired).await.unwrap(), Swept { records: 2, bytes: 0, held: 0 });
    assert_eq!(disk.info().await.unwrap().warnings, [""; 0]);
}

#[tokio::test]
async fn what_is_deleted_while_the_clock_is_wrong_stays_deleted() {
    let place = Place::new();
    let disk = place.open().await;
    put(&disk, "k", "v", seconds(1800)).await;
    drop(disk);
    place.clock.advance(7200);
    let disk = place.open().await;
    assert_eq!(disk.delete(&space(), &["k".into()]).await.unwrap(), [false]);
    drop(disk);
    place.clock.set_wall(10);
    assert_eq!(get(&place.open().await, "k").await, None);
}
