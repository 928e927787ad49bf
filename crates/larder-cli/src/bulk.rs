//! Ending many records at once: shown, asked about, then done.

use larder::{Pattern, Select};

use crate::args::Shared;
use crate::confirm;
use crate::exit::{Failure, Outcome};
use crate::listing::Listing;
use crate::output::{Output, say};
use crate::record::printed;
use crate::store::{Access, Opened, Place};

/// How many keys are shown before the question.
const SHOWN: usize = 10;

/// What `delete --all` and `clear` do.
pub(crate) struct Bulk {
    pub(crate) pattern: Pattern,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
}

impl Bulk {
    pub(crate) async fn run(self, place: &Place, shared: &Shared) -> Result<Outcome, Failure> {
        if !self.dry_run {
            confirm::possible(self.yes)?;
        }
        place.limits().check_pattern(&self.pattern).map_err(|error| Failure::from(error).at("PATTERN"))?;
        let opened = place.open(if self.dry_run { Access::Look } else { Access::Change }).await?;
        if self.dry_run {
            return self.show(&opened, shared).await;
        }
        if !self.yes && !self.ask(&opened).await? {
            shared.note("nothing was deleted");
            return Ok(Outcome::Negative);
        }
        let deleted = opened.store().delete_all(&self.pattern).await?;
        if shared.wants_json() {
            let mut output = Output::new();
            output.line(&format!(r#"{{"deleted":{deleted}}}"#))?;
            output.finish()?;
        }
        shared.note(&format!("deleted {deleted}"));
        Ok(Outcome::Done)
    }

    async fn show(&self, opened: &Opened, shared: &Shared) -> Result<Outcome, Failure> {
        let mut output = Output::new();
        let mut listing = Listing::new(opened, &self.pattern, Select::Keys, None).await?;
        let mut count = 0;
        while let Some(records) = listing.next().await? {
            count += records.len();
            for record in records {
                output.line(&printed(&record.key, &output))?;
            }
        }
        output.finish()?;
        shared.note(&format!("would delete {count}"));
        Ok(listing.outcome())
    }

    async fn ask(&self, opened: &Opened) -> Result<bool, Failure> {
        let mut listing = Listing::new(opened, &self.pattern, Select::Keys, None).await?;
        let mut count = 0;
        while let Some(records) = listing.next().await? {
            for record in records.iter().take(SHOWN.saturating_sub(count)) {
                say(&format!("  {}", crate::path::print(&record.key)));
            }
            count += records.len();
        }
        if count > SHOWN {
            say(&format!("  … and {} more", count - SHOWN));
        }
        confirm::agreed(false, &format!("Delete {count} {}?", if count == 1 { "record" } else { "records" }))
    }
}
