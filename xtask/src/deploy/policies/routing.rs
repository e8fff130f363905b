//! Policies for routing within the cluster: selectors, ports, probes.

use serde_json::Value;

use super::Installation;
use super::public::publications;
use crate::deploy::manifests::{Workload, display_name, list, matches, number, text};

pub(super) fn selectors(installation: &Installation) -> Vec<String> {
    let manifests = &installation.manifests;
    let (workloads, servers) = (manifests.workloads(), manifests.servers());
    let mut wrong = vec![];
    let finds = |selector: Option<&Value>, among: &[Workload<'_>]| {
        among.iter().any(|workload| matches(selector, workload.labels()))
    };
    for server in &servers {
        if !matches(server.document.pointer("/spec/selector/matchLabels"), server.labels()) {
            wrong.push(format!("{} does not select its own pods", server.name()));
        }
        for spread in list(server.template, "/spec/topologySpreadConstraints") {
            if !matches(spread.pointer("/labelSelector/matchLabels"), server.labels()) {
                wrong.push(format!("{} spreads other pods than its own", server.name()));
            }
        }
    }
    for service in manifests.of("Service") {
        let selector = service.pointer("/spec/selector");
        if !finds(selector, &servers) {
            wrong.push(format!("{} selects no server", display_name(service)));
        }
        for job in workloads.iter().filter(|workload| !workload.serves()) {
            if matches(selector, job.labels()) {
                wrong.push(format!("{} sends requests to {}", display_name(service), job.name()));
            }
        }
    }
    for (kind, pointer) in [
        ("PodDisruptionBudget", "/spec/selector/matchLabels"),
        ("NetworkPolicy", "/spec/podSelector/matchLabels"),
    ] {
        let lost = manifests.of(kind).filter(|document| !finds(document.pointer(pointer), &workloads));
        wrong.extend(lost.map(|document| format!("{} selects no pod", display_name(document))));
    }
    for monitor in manifests.of("ServiceMonitor") {
        let selector = monitor.pointer("/spec/selector/matchLabels");
        let found =
            manifests.of("Service").filter(|service| matches(selector, service.pointer("/metadata/labels")));
        match found.count() {
            1 => {}
            count => wrong.push(format!("{} finds {count} Services, not one", display_name(monitor))),
        }
    }
    for autoscaler in manifests.of("HorizontalPodAutoscaler") {
        let target = text(autoscaler, "/spec/scaleTargetRef/name");
        if manifests.named(text(autoscaler, "/spec/scaleTargetRef/kind"), target).is_none() {
            wrong.push(format!("{} scales {target}, which does not exist", display_name(autoscaler)));
        }
    }
    wrong
}

pub(super) fn ports(installation: &Installation) -> Vec<String> {
    let manifests = &installation.manifests;
    let servers = manifests.servers();
    let mut wrong = vec![];
    let has = |service: &Value, port: &Value| {
        list(service, "/spec/ports")
            .iter()
            .any(|known| known.get("name") == Some(port) || known["port"] == *port)
    };
    for published in publications(installation) {
        let (name, service) = (display_name(published.document), published.service);
        match manifests.named("Service", service) {
            None => wrong.push(format!("{name} leads to the Service {service}, which does not exist")),
            Some(found) if !has(found, published.port) => {
                wrong.push(format!(
                    "{name} leads to port {} of {service}, which it does not have",
                    published.port
                ));
            }
            Some(_) => {}
        }
    }
    for service in manifests.of("Service") {
        for port in list(service, "/spec/ports") {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            let selected =
                servers.iter().filter(|server| matches(service.pointer("/spec/selector"), server.labels()));
            for server in selected.filter(|server| server.port_named(target).is_none()) {
                wrong.push(format!(
                    "{} leads to port {target}, which {} does not have",
                    display_name(service),
                    server.name()
                ));
            }
        }
    }
    for server in &servers {
        let listen = manifests.environment(server).remove("PARLOR_LISTEN").flatten().unwrap_or_default();
        let listens = listen.rsplit(':').next().and_then(|port| port.parse::<u64>().ok());
        for port in server.containers().iter().flat_map(|container| list(container, "/ports")) {
            if number(port, "/containerPort") != listens {
                wrong.push(format!(
                    "{} has port {} and listens on {listen:?}",
                    server.name(),
                    port["containerPort"]
                ));
            }
        }
        for (name, probe) in probes_of(server) {
            if server.port_named(&probe["httpGet"]["port"]).is_none() {
                wrong.push(format!("{} of {} requests a port that does not exist", name, server.name()));
            }
        }
    }
    for policy in manifests.of("NetworkPolicy") {
        let selector = policy.pointer("/spec/podSelector/matchLabels");
        let admitted: Vec<_> =
            list(policy, "/spec/ingress").iter().flat_map(|rule| list(rule, "/ports")).collect();
        for server in servers.iter().filter(|server| matches(selector, server.labels())) {
            if !admitted.iter().any(|port| server.port_named(&port["port"]).is_some()) {
                wrong.push(format!("{} admits nobody to {}", display_name(policy), server.name()));
            }
        }
    }
    for monitor in manifests.of("ServiceMonitor") {
        let selector = monitor.pointer("/spec/selector/matchLabels");
        for service in
            manifests.of("Service").filter(|service| matches(selector, service.pointer("/metadata/labels")))
        {
            let lost =
                list(monitor, "/spec/endpoints").iter().filter(|endpoint| !has(service, &endpoint["port"]));
            wrong.extend(
                lost.map(|endpoint| format!("{} requests port {}", display_name(monitor), endpoint["port"])),
            );
        }
    }
    wrong
}

fn probes_of<'a>(server: &Workload<'a>) -> Vec<(&'static str, &'a Value)> {
    let names = ["startupProbe", "livenessProbe", "readinessProbe"];
    let container = server.containers().first();
    names.into_iter().filter_map(|name| Some((name, container?.get(name)?))).collect()
}

pub(super) fn probes(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for server in installation.manifests.servers() {
        let probes = probes_of(&server);
        if probes.len() < 3 {
            wrong.push(format!("{} lacks one of its three probes", server.name()));
        }
        for (name, probe) in probes {
            let path = text(probe, "/httpGet/path");
            if !installation.program.answers(path) {
                wrong.push(format!("{name} of {} requests {path:?}, which is no route", server.name()));
            }
            // /ready fails without the database: as a liveness probe it would restart every replica.
            if name != "readinessProbe" && path == "/ready" {
                wrong.push(format!("{name} of {} requests /ready", server.name()));
            }
        }
    }
    for monitor in installation.manifests.of("ServiceMonitor") {
        let lost = list(monitor, "/spec/endpoints").iter().map(|endpoint| text(endpoint, "/path"));
        let lost = lost.filter(|path| !installation.program.answers(path));
        wrong.extend(
            lost.map(|path| format!("{} requests {path:?}, which is no route", display_name(monitor))),
        );
    }
    wrong
}
