//! The bill of materials of the program, as `CycloneDX` defines it.

use cargo_metadata::{Package, PackageId};
use serde_json::{Value, json};

use super::bundle::Library;
use super::packages::Packages;

/// Writes it, without the time and a number of its own: the same sources give the same bytes.
pub(super) fn json(packages: &Packages) -> String {
    let all: Vec<&Package> = packages.own.iter().chain(&packages.others).collect();
    let reference =
        |id: &PackageId| all.iter().find(|package| package.id == *id).map(|package| purl(package));
    let bundled: Vec<_> = packages.bundle.libraries.iter().map(Library::purl).collect();
    let dependencies: Vec<_> = all
        .iter()
        .map(|package| {
            let mut uses: Vec<_> = packages.uses(package).filter_map(reference).collect();
            if *package.name == "web-client" {
                uses.extend(bundled.iter().cloned());
            }
            uses.sort();
            json!({"ref": purl(package), "dependsOn": uses})
        })
        .collect();
    let (program, libraries): (Vec<&Package>, Vec<&Package>) =
        all.iter().copied().partition(|package| *package.name == "parlor");
    let program = program.first().map(|package| component(package, packages, "application"));
    let crates = libraries.into_iter().map(|package| component(package, packages, "library"));
    let components: Vec<_> = crates.chain(packages.bundle.libraries.iter().map(of_npm)).collect();
    let sbom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": program},
        "components": components,
        "dependencies": dependencies,
    });
    format!("{sbom:#}\n")
}

fn component(package: &Package, packages: &Packages, kind: &str) -> Value {
    let mut component = json!({
        "type": kind,
        "bom-ref": purl(package),
        "name": package.name.as_str(),
        "version": package.version.to_string(),
        "purl": purl(package),
    });
    if let Some(license) = &package.license {
        // Older manifests write a slash for "or".
        component["licenses"] = json!([{"expression": license.replace(" / ", " OR ").replace('/', " OR ")}]);
    }
    if let Some(checksum) = packages.checksum(package) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    if let Some(description) = &package.description {
        component["description"] = description.split_whitespace().collect::<Vec<_>>().join(" ").into();
    }
    component
}

fn of_npm(library: &Library) -> Value {
    json!({
        "type": "library",
        "bom-ref": library.purl(),
        "name": library.name,
        "version": library.version,
        "purl": library.purl(),
        "licenses": [{"expression": library.license}],
    })
}

/// Returns the package URL, which names a package on every machine.
fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.to_string().replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_dependency_in_the_bill_is_a_component_of_it() {
        let packages = Packages::of_program(crate::image::TARGET).unwrap();
        let text = json(&packages);
        assert_eq!(text, json(&packages));
        let sbom: Value = serde_json::from_str(&text).unwrap();
        let list = |name: &str| sbom[name].as_array().unwrap();
        let program = &sbom["metadata"]["component"];
        let known: BTreeSet<&str> = list("components")
            .iter()
            .chain([program])
            .map(|component| component["bom-ref"].as_str().unwrap())
            .collect();
        assert_eq!(known.len(), list("components").len() + 1, "each has a name of its own");
        for dependency in list("dependencies") {
            let uses = dependency["dependsOn"].as_array().unwrap().iter().chain([&dependency["ref"]]);
            for used in uses {
                assert!(known.contains(used.as_str().unwrap()), "{used}");
            }
        }
        assert!(known.iter().any(|name| name.starts_with("pkg:npm/preact@")));
        assert_eq!(program["name"], "parlor");
        assert!(
            list("components").iter().all(|component| component["licenses"][0]["expression"].is_string())
        );
    }
}
