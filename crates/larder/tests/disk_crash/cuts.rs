//! Power cuts: what was not synced is lost, torn or out of order.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use larder::backends::disk::{Disk, Durability, Storage};

use crate::medium::Medium;
use crate::model::{GROUPS, Model, Wrong, unreadable};
use crate::{quiet_redb, seed, times};

async fn open(medium: &Medium, durability: Durability) -> larder::Result<Disk> {
    let medium = medium.clone();
    let builder = Disk::builder_over(move || Ok(Arc::new(medium.clone()) as Arc<dyn Storage>));
    builder.durability(durability).open().await
}

/// A way to treat a store, apart from cutting its power.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    Kind,
    /// Syncs fail now and then, and what they were to sync is lost.
    LoseSyncs,
    /// Syncs do nothing.
    ForgetSyncs,
}

/// Cuts the power of a store that is written to, opens what is left and compares, again and again; answers how many
/// changes were acknowledged, or at which cut what was wrong.
async fn cut(
    times: u64,
    random: &mut fastrand::Rng,
    treatment: Treatment,
    durability: Durability,
) -> Result<u64, (u64, Wrong)> {
    let (mut medium, mut model) = (Medium::new(vec![]), Model::new());
    let mut acknowledged = 0;
    for done in 0..times {
        if done % 64 == 0 {
            // A new store now and then: an old one only grows.
            acknowledged += model.acknowledged.load(Ordering::Relaxed);
            (medium, model) = (Medium::new(vec![]), Model::new());
            drop(open(&medium, durability).await.expect("a new store opens"));
            if treatment == Treatment::ForgetSyncs {
                medium.forget_syncs();
            }
        }
        medium.cut_after(random.u64(..120));
        if treatment == Treatment::LoseSyncs {
            medium.lose_syncs(random.fork());
        }
        // A cut in the midst of opening is one too.
        if let Ok(disk) = open(&medium, durability).await {
            let disk = &disk;
            let writers = (0..GROUPS).map(|group| {
                let (model, mut random) = (&model, random.fork());
                async move {
                    // A failed sync ends nothing, the cut does: the store goes on with what there is.
                    for _ in 0..5 {
                        model.write(disk, group, &mut random).await;
                    }
                }
            });
            futures(writers).await;
        }
        medium = medium.after_the_cut(random);
        let disk = open(&medium, durability).await.map_err(|error| (done, unreadable(&error)))?;
        model.check(&disk).await.map_err(|wrong| (done, wrong))?;
    }
    Ok(acknowledged + model.acknowledged.load(Ordering::Relaxed))
}

/// Drives futures to their ends, all on this task.
async fn futures<F: Future>(futures: impl Iterator<Item = F>) {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test]
async fn no_power_cut_loses_an_acknowledged_change_or_splits_a_batch() {
    let mut random = fastrand::Rng::with_seed(seed("power cuts"));
    let cuts = times("LARDER_CUTS", 200);
    match cut(cuts, &mut random, Treatment::Kind, Durability::Durable).await {
        Ok(acknowledged) => println!("power cuts: {cuts}, {acknowledged} changes acknowledged, 0 lost, 0 half"),
        Err((cut, wrong)) => panic!("power cut {cut}: {wrong:?}"),
    }
}

#[tokio::test]
async fn no_failed_sync_before_a_power_cut_loses_an_acknowledged_change() {
    let mut random = fastrand::Rng::with_seed(seed("power cuts after failed syncs"));
    let cuts = times("LARDER_CUTS", 200) / 5;
    match cut(cuts, &mut random, Treatment::LoseSyncs, Durability::Durable).await {
        Ok(acknowledged) => {
            println!("power cuts after failed syncs: {cuts}, {acknowledged} changes acknowledged, 0 lost, 0 half");
        }
        Err((cut, wrong)) => panic!("power cut {cut} after failed syncs: {wrong:?}"),
    }
}

#[tokio::test]
async fn the_cuts_find_out_a_store_that_does_not_sync() {
    quiet_redb();
    let mut random = fastrand::Rng::with_seed(seed("power cuts without syncs"));
    match cut(2000, &mut random, Treatment::ForgetSyncs, Durability::Durable).await {
        Ok(_) => panic!("2000 cuts did not notice that nothing is synced"),
        Err((cut, wrong)) => println!("control: a store that does not sync is found out at cut {cut}: {wrong:?}"),
    }
}

#[tokio::test]
async fn a_relaxed_store_loses_the_last_changes_at_most_and_no_half() {
    let mut random = fastrand::Rng::with_seed(seed("power cuts, relaxed"));
    let relaxed = Durability::Relaxed { delay: std::time::Duration::from_millis(1) };
    let (mut lost, cuts) = (0, times("LARDER_CUTS", 200) / 10);
    for _ in 0..cuts {
        match cut(3, &mut random, Treatment::Kind, relaxed).await {
            Ok(_) => {}
            Err((_, Wrong::Lost)) => lost += 1, // As it said it might.
            Err((cut, wrong)) => panic!("power cut {cut}: {wrong:?}"),
        }
    }
    println!("power cuts, relaxed: {} and no half batch; {lost} runs lost what was not synced yet", 3 * cuts);
}
