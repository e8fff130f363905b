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
    ensure_one_bar(alerts, &dashboard)?;
    Ok(named.len())
}

/// Fails unless alert and dashboard hold the same bar for the same routes, each by itself.
fn ensure_one_bar(alerts: &Value, dashboard: &Value) -> anyhow::Result<()> {
    let rules = list(alerts, "/groups/0/rules");
    let slow = rules.iter().find(|rule| text(rule, "/alert") == "ParlorSlow").context("no ParlorSlow")?;
    let (quantile, bar) = text(slow, "/expr").rsplit_once(" > ").context("ParlorSlow has no bar")?;
    let bar: f64 = bar.trim().parse().context("the bar of ParlorSlow is no number")?;
    // The patterns of routes that are left out, of an expression that has the p99 of each route.
    let left_out = |expression: &str| -> Option<Vec<String>> {
        let by_route = expression.contains("0.99") && expression.contains("(le, method, route)");
        let patterns =
            expression.split("route").filter(|rest| rest.starts_with("!~") || rest.starts_with("=~"));
        let patterns = patterns.filter_map(|rest| rest.split('"').nth(1).map(str::to_owned));
        by_route.then(|| patterns.collect())
    };
    let panel = list(dashboard, "/panels").iter().find(|panel| {
        let shown = left_out(text(panel, "/targets/0/expr"));
        shown.is_some() && shown == left_out(quantile)
    });
    let steps = panel.map(|panel| list(panel, "/fieldConfig/defaults/thresholds/steps")).unwrap_or_default();
    ensure!(
        steps.iter().any(|step| step["value"].as_f64() == Some(bar)),
        "no panel of the dashboard shows the p99 of each route with the bar of ParlorSlow, {bar} s"
    );
    Ok(())
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
    fn alert_and_dashboard_hold_the_same_bar_for_every_route() {
        let dashboard: Value =
            serde_json::from_str(&read("deploy/observability/grafana-dashboard.json").unwrap()).unwrap();
        let mut alerts = parse(&read(ALERTS).unwrap()).unwrap().remove(0);
        ensure_one_bar(&alerts, &dashboard).unwrap();
        let rules = alerts["groups"][0]["rules"].as_array_mut().unwrap();
        let slow = rules.iter_mut().find(|rule| rule["alert"] == "ParlorSlow").unwrap();
        slow["expr"] = slow["expr"].as_str().unwrap().replace("> 0.2", "> 0.3").into();
        assert!(ensure_one_bar(&alerts, &dashboard).unwrap_err().to_string().contains("0.3"));
    }

    #[test]
    fn metrics_are_found_within_expressions() {
        let expression = "sum(rate(parlor_x_total{job=\"parlor\"}[5m])) / parlor_y > 1";
        assert_eq!(metrics_of(expression).collect::<Vec<_>>(), ["parlor_x_total", "parlor_y"]);
    }
}
