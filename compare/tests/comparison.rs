//! What `docs/comparison.md` says is so, in a shorter run.

use larder_compare::comparison::{self, page};

const UPDATES: usize = 400;

#[actix_web::test]
async fn published_stores_do_what_the_page_says_and_ours_keeps_its_promises() {
    let told = comparison::run(UPDATES, |_| ()).await;
    for told in &told {
        assert_eq!(told.keeps_promises(), told.is_ours, "{}", told.name);
        assert_eq!(told.lost, if told.is_ours { 0 } else { UPDATES / 2 }, "{}", told.name);
    }
    let written = std::fs::read_to_string("../docs/comparison.md").unwrap();
    for table in [page::ends(&told), page::keys(&told)] {
        assert!(written.contains(&table), "scripts/compare writes the page anew; this run saw\n{table}");
    }
}
