//! Checks that dashboard and alerts name metrics of the program, and that the documentation explains every alert.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::manifests::{list, parse, text};
use super::program::Program;
use crate::paths::root;

const ALERTS: &str = "deploy/observability/alerts.yaml";

/// Returns the number of metrics that dashboard and alerts name.
pub(crate) fn check(program: &Program) -> anyhow::Result<usize> {
    let dashboard: Value = serde_json::from_str(&read("deploy/observability/grafana-dashboard.json")?)?;
    let alerts = parse(&read(ALERTS)?)?;
    let rules = parse(&read("deploy/kubernetes/components/monitoring/rules.yaml")?)?;
    let [alerts, rules] = [&alerts, &rules].map(|documents| documents.first().unwrap_or(&Value::Null));
    ensure!(
        alerts["groups"] == rules["spec"]["groups"],
        "components/monitoring/rules.yaml differs from {ALERTS}"
    );
    let mut named = BTreeSet::new();
    collect(&dashboard, &mut named);
    collect(alerts, &mut named);
    let unknown: Vec<_> = named.difference(&program.metrics).collect();
    ensure!(
        unknown.is_empty(),
        "dashboard or alerts name metrics that the program does not have: {unknown:?}"
    );
    let operations = read("docs/operations.md")?;
    for alert in list(alerts, "/groups/0/rules").iter().map(|rule| text(rule, "/alert")) {
        ensure!(operations.contains(&format!("`{alert}`")), "docs/operations.md does not explain {alert}");
    }
    Ok(named.len())
}

/// Collects the program's metrics in every expression.
fn collect(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, named)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(text) if ["expr", "query"].contains(&name.as_str()) => {
                        named.extend(metrics_of(text));
                    }
                    _ => collect(field, named),
                }
            }
        }
        _ => {}
    }
}

fn metrics_of(expression: &str) -> impl Iterator<Item = String> + '_ {
    let names = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    names.filter(|name| name.starts_with("parlor_")).map(str::to_owned)
}

fn read(file: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root().join(file)).with_context(|| format!("can't read {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashboard_and_alerts_name_metrics_of_the_program() {
        let mut program = Program::read().unwrap();
        assert!(check(&program).unwrap() > 5);
        program.metrics.remove("parlor_pool_waiting");
        assert!(check(&program).unwrap_err().to_string().contains("parlor_pool_waiting"));
    }

    #[test]
    fn metrics_are_found_within_expressions() {
        let expression = "sum(rate(parlor_x_total{job=\"parlor\"}[5m])) / parlor_y > 1";
        assert_eq!(metrics_of(expression).collect::<Vec<_>>(), ["parlor_x_total", "parlor_y"]);
    }
}
