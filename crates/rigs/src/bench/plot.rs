//! Plots of the results: a bar for each subject in each row.

use std::path::Path;

use svg::Document;
use svg::node::element::{Rectangle, Text};

use crate::results::Results;
use crate::rows::ROWS;
use crate::sample::Sample;
use crate::subject::Name;

const LEFT: f64 = 330.0;
const WIDTH: f64 = 900.0;
const TOP: f64 = 60.0;
const BAR: f64 = 12.0;
const GAP: f64 = 14.0;
const COLORS: [&str; 4] = ["#9aa0a6", "#d08770", "#3b6ea5", "#4f9d69"];

/// A figure of a measurement.
type Figure = fn(&Sample) -> Option<f64>;

/// Writes a plot of the CPU time and one of the latency.
pub(crate) fn write(results: &Results, folder: &Path) -> anyhow::Result<()> {
    let plots: [(&str, &str, Figure); 2] = [
        ("cpu.svg", "Microseconds of CPU for an operation, server and database", |sample| {
            Some(sample.total())
        }),
        ("p99.svg", "Milliseconds of latency that 99 of 100 operations do not exceed", |sample| sample.p99),
    ];
    for (file, title, figure) in plots {
        svg::save(folder.join(file), &plot(results, title, figure))?;
    }
    Ok(())
}

/// Draws the rows below each other. Each has a scale of its own: they are of different sizes, and subjects are compared
/// within a row.
fn plot(results: &Results, title: &str, figure: Figure) -> Document {
    let mut document = Document::new().add(text(title, 10.0, 24.0, 16.0));
    for ((name, color), x) in Name::ALL.iter().zip(COLORS).zip([LEFT, 430.0, 530.0, 680.0]) {
        document = document.add(bar(x, 36.0, BAR, color)).add(text(name.title(), x + 18.0, 46.0, 12.0));
    }
    let mut y = TOP;
    for row in ROWS {
        let values = Name::ALL.map(|name| results.median(row, name).and_then(|sample| figure(&sample)));
        let largest = values.iter().flatten().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            continue;
        }
        document = document.add(text(row.title, 10.0, y + BAR, 12.0));
        for (value, color) in values.iter().zip(COLORS) {
            if let Some(value) = value {
                let length = value / largest * (WIDTH - LEFT - 70.0);
                let label = text(&format!("{value:.1}"), LEFT + length + 6.0, y + BAR - 2.0, 11.0);
                document = document.add(bar(LEFT, y, length, color)).add(label);
                y += BAR;
            }
        }
        y += GAP;
    }
    document = document.set("viewBox", format!("0 0 {WIDTH} {y}"));
    document.set("width", WIDTH).set("height", y).set("font-family", "sans-serif")
}

fn bar(x: f64, y: f64, length: f64, color: &str) -> Rectangle {
    let bar = Rectangle::new().set("x", x).set("y", y).set("width", length.max(1.0));
    bar.set("height", BAR - 2.0).set("fill", color)
}

fn text(content: &str, x: f64, y: f64, size: f64) -> Text {
    Text::new(content).set("x", x).set("y", y).set("font-size", size)
}
