//! The results of a run: as JSON, and as the tables of docs/performance.md.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::cores;
use crate::memory::Memories;
use crate::rows::{ROWS, Row};
use crate::sample::Sample;
use crate::subject::Name;

/// The machine, the commit and the day of a run.
pub(crate) struct Origin {
    facts: Vec<(&'static str, String)>,
}

impl Origin {
    pub(crate) fn find(rounds: usize) -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let processors = read("/proc/cpuinfo");
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let cores = cores::count();
        let model = model.map_or("an unknown processor", |(_, model)| model);
        let load = read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ");
        Self {
            facts: vec![
                ("commit", output("git", &["rev-parse", "--short", "HEAD"])),
                ("day", output("date", &["-u", "+%F"])),
                ("machine", format!("{cores} cores, {model}, Linux {}", output("uname", &["-r"]))),
                ("cores", cores::describe()),
                ("load before the run", load),
                ("Node", output("node", &["--version"])),
                ("rounds", rounds.to_string()),
            ],
        }
    }
}

/// Returns the standard output of a program, or a dash where there is none.
fn output(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output).trim().to_owned();
    if text.is_empty() { "–".to_owned() } else { text }
}

/// The costs of every subject for every row.
pub(crate) struct Results {
    origin: Origin,
    samples: BTreeMap<(&'static str, Name), Vec<Sample>>,
    pub(crate) memories: Memories,
}

impl Results {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, samples: BTreeMap::new(), memories: Memories::new() }
    }

    pub(crate) fn add(&mut self, row: &Row, subject: Name, sample: Sample) {
        self.samples.entry((row.id, subject)).or_default().push(sample);
    }

    /// Returns the median of the rounds.
    pub(crate) fn median(&self, row: &Row, subject: Name) -> Option<Sample> {
        Sample::median(self.samples.get(&(row.id, subject))?)
    }

    fn json(&self) -> Value {
        let rows = ROWS.iter().map(|row| {
            let subjects = Name::ALL.iter().filter_map(|name| {
                let rounds = self.samples.get(&(row.id, *name))?.iter().map(Sample::json).collect::<Value>();
                let median = self.median(row, *name)?.json();
                Some((name.title().to_owned(), json!({"median": median, "rounds": rounds})))
            });
            let subjects: serde_json::Map<String, Value> = subjects.collect();
            json!({"id": row.id, "title": row.title, "bars": row.bars, "subjects": subjects})
        });
        let memory: serde_json::Map<String, Value> =
            self.memories.iter().map(|(name, memory)| (name.title().to_owned(), memory.json())).collect();
        let facts: serde_json::Map<String, Value> =
            self.origin.facts.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact))).collect();
        json!({"origin": facts, "rows": rows.collect::<Value>(), "memory": memory})
    }

    /// Returns the tables in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        for (name, fact) in &self.origin.facts {
            // Writing to a string does not fail.
            let _ = writeln!(text, "- {name}: {fact}");
        }
        text.push_str(
            "\n| microseconds of CPU for each | PostgreSQL alone, or a bare write | Express | Parlor, PostgreSQL | \
             Parlor, SQLite | bar | times the floor | Express takes |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in ROWS.iter().filter(|row| Name::ALL.iter().any(|name| self.median(row, *name).is_some())) {
            let found = Name::ALL.map(|name| self.median(row, name));
            let cells = found.map(|sample| sample.map_or_else(|| "–".to_owned(), cell));
            let [floor, express, postgres, _] = found.map(|sample| sample.map(|sample| sample.total()));
            let _ = writeln!(
                text,
                "| {} | {} | ≤ {} · ≤ {} | {} | {} |",
                row.title,
                cells.join(" | "),
                row.bars[0],
                row.bars[1],
                ratio(postgres, floor),
                ratio(express, postgres),
            );
        }
        text.push_str("\n| a second · p50 · p99 in ms | Express | Parlor, PostgreSQL | Parlor, SQLite |\n|---|--:|--:|--:|\n");
        for row in ROWS.iter().filter(|row| Name::ALL.iter().any(|name| self.median(row, *name).is_some())) {
            let cells = Name::ALL[1..]
                .iter()
                .map(|name| self.median(row, *name).map_or_else(|| "–".to_owned(), pace));
            let _ = writeln!(text, "| {} | {} |", row.title, cells.collect::<Vec<_>>().join(" | "));
        }
        text.push_str("\n| memory | idle | under load | an idle socket | start |\n|---|--:|--:|--:|--:|\n");
        for (name, memory) in &self.memories {
            let size = |bytes: Option<u64>| {
                bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.1} KiB | {} ms |",
                name.title(),
                size(Some(memory.idle)),
                size(memory.loaded),
                f64::from(u32::try_from(memory.socket).unwrap_or(u32::MAX)) / 1024.0,
                memory.started_in,
            );
        }
        text
    }

    /// Writes `results.json`, `tables.md` and the plots.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("results.json"), format!("{:#}\n", self.json()))?;
        std::fs::write(folder.join("tables.md"), self.markdown())?;
        crate::plot::write(self, folder)
    }
}

/// Writes server and database apart where there are both.
fn cell(sample: Sample) -> String {
    match (sample.server, sample.database) {
        (Some(server), Some(database)) => {
            format!("{} + {} = {}", short(server), short(database), short(server + database))
        }
        _ => short(sample.total()),
    }
}

fn pace(sample: Sample) -> String {
    let latency = |found: Option<f64>| found.map_or_else(|| "–".to_owned(), |millis| format!("{millis:.1}"));
    format!("{:.0} · {} · {}", sample.rate, latency(sample.p50), latency(sample.p99))
}

/// Writes a number with as many digits as it means something with.
fn short(value: f64) -> String {
    if value < 20.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

fn ratio(value: Option<f64>, to: Option<f64>) -> String {
    let both = value.zip(to).filter(|(_, to)| *to > 0.0);
    both.map_or_else(|| "–".to_owned(), |(value, to)| format!("{:.1}", value / to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_medians_and_ratios_of_what_was_measured() {
        let mut results = Results::new(Origin { facts: vec![("commit", "abc".to_owned())] });
        let row = &ROWS[0];
        let sample = |server, database| Sample { server, database, rate: 1.0, p50: None, p99: Some(2.0) };
        results.add(row, Name::Floor, sample(None, Some(50.0)));
        results.add(row, Name::ParlorPostgres, sample(Some(40.0), Some(60.0)));
        results.add(row, Name::Express, sample(Some(150.0), Some(50.0)));
        let text = results.markdown();
        assert!(text.contains("- commit: abc"));
        let line = text.lines().find(|line| line.starts_with(&format!("| {}", row.title))).unwrap();
        assert!(
            line.ends_with("| 50 | 150 + 50 = 200 | 40 + 60 = 100 | – | ≤ 130 · ≤ 100 | 2.0 | 2.0 |"),
            "{line}"
        );
        assert!(!text.contains(ROWS[1].title), "rows that were not measured are left out");
    }
}
