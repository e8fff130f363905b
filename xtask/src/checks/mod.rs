//! The rules for source files that no compiler checks, each in a file of its own.

mod dependencies;
mod documents;
mod imports;
mod layout;
mod migrations;
mod sources;
mod sql;
mod toolchain;
mod wording;

use anyhow::ensure;

/// The result of a check.
pub(crate) struct Findings {
    /// The rule and how much was looked at.
    subject: String,
    complaints: Vec<String>,
}

impl Findings {
    fn new(subject: String) -> Self {
        Self { subject, complaints: vec![] }
    }

    fn add(&mut self, complaint: String) {
        self.complaints.push(complaint);
    }

    fn extend(&mut self, complaints: impl IntoIterator<Item = String>) {
        self.complaints.extend(complaints);
    }
}

type Check = fn() -> anyhow::Result<Findings>;

/// Runs every check, prints all complaints, and fails if there are any.
#[expect(clippy::print_stdout, reason = "prints what was checked")]
pub(crate) fn run() -> anyhow::Result<()> {
    let checks: [Check; 12] = [
        dependencies::check,
        documents::check,
        layout::first_lines,
        layout::lengths,
        migrations::check,
        sql::check,
        toolchain::check,
        imports::circles,
        imports::upward,
        imports::of_the_client,
        wording::openings,
        wording::vocabulary,
    ];
    let mut failed = 0;
    for check in checks {
        let Findings { subject, complaints } = check()?;
        if complaints.is_empty() {
            println!("{subject}: ok");
        } else {
            println!("{subject}: {} complaints\n  {}", complaints.len(), complaints.join("\n  "));
            failed += 1;
        }
    }
    ensure!(failed == 0, "{failed} of {} checks of the sources failed", checks.len());
    Ok(())
}
