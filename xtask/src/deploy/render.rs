//! Renders an overlay to YAML, by the kustomize of kubectl.

use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::json;

use super::manifests::{Manifests, parse};
use crate::paths::root;

/// An installation: an overlay with components and an image.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Selection {
    /// A folder of deploy/kubernetes/overlays.
    #[arg(long, value_name = "NAME")]
    pub overlay: String,
    /// A folder of deploy/kubernetes/components to add; may be repeated.
    #[arg(long, value_name = "COMPONENT")]
    pub with: Vec<String>,
    /// The image instead of the overlay's: registry/name:tag, or name@digest.
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
}

impl Selection {
    pub(crate) fn plain(overlay: &str) -> Self {
        Self { overlay: overlay.to_owned(), with: vec![], image: None }
    }

    pub(crate) fn with_components(overlay: &str, components: &[&str]) -> Self {
        Self { with: components.iter().map(|name| (*name).to_owned()).collect(), ..Self::plain(overlay) }
    }
}

/// Returns true if kubectl is installed.
pub(crate) fn kubectl_is_installed() -> bool {
    Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success())
}

/// Renders an installation to YAML.
pub(crate) fn render(selection: &Selection) -> anyhow::Result<String> {
    let overlay = format!("deploy/kubernetes/overlays/{}", selection.overlay);
    ensure!(root().join(&overlay).is_dir(), "there is no {overlay}");
    if selection.with.is_empty() && selection.image.is_none() {
        return kustomize(&root().join(overlay));
    }
    // kustomize follows relative paths only, so the additions lie in the same tree.
    let target = root().join("target");
    std::fs::create_dir_all(&target)?;
    let folder = tempfile::Builder::new().prefix("deploy-").tempdir_in(target)?;
    std::fs::write(folder.path().join("kustomization.yaml"), kustomization(selection, &overlay)?)?;
    kustomize(folder.path())
}

/// Renders an installation to its documents.
pub(crate) fn manifests(selection: &Selection) -> anyhow::Result<Manifests> {
    Ok(Manifests(parse(&render(selection)?)?))
}

fn kustomization(selection: &Selection, overlay: &str) -> anyhow::Result<String> {
    let components: Vec<_> =
        selection.with.iter().map(|name| format!("../../deploy/kubernetes/components/{name}")).collect();
    let images: Vec<_> = selection.image.as_deref().map(replacement).transpose()?.into_iter().collect();
    // A tag is the release; a digest says none, and the overlay's label stays.
    let tags = images.iter().filter_map(|image| image.get("newTag"));
    let label = |tag| json!({"pairs": {"app.kubernetes.io/version": tag}, "includeTemplates": true});
    let labels: Vec<_> = tags.map(label).collect();
    let file = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [format!("../../{overlay}")], "components": components, "images": images, "labels": labels,
    });
    // JSON is YAML.
    Ok(serde_json::to_string_pretty(&file)?)
}

fn replacement(image: &str) -> anyhow::Result<serde_json::Value> {
    if let Some((name, digest)) = image.split_once('@') {
        return Ok(json!({"name": "parlor", "newName": name, "digest": digest}));
    }
    let (name, tag) = split(image)?;
    Ok(json!({"name": "parlor", "newName": name, "newTag": tag}))
}

/// Splits an image into name and tag; a colon before the last slash belongs to a port.
pub(crate) fn split(image: &str) -> anyhow::Result<(&str, &str)> {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') && !tag.is_empty() => Ok((name, tag)),
        _ => bail!("{image} has no tag; use registry/name:tag"),
    }
}

fn kustomize(folder: &std::path::Path) -> anyhow::Result<String> {
    let output = Command::new("kubectl").arg("kustomize").arg(folder).output();
    let output =
        output.context("kubectl 1.27 or later is missing: https://kubernetes.io/docs/tasks/tools/")?;
    ensure!(output.status.success(), "kubectl kustomize: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_needs_a_tag() {
        assert_eq!(
            split("registry.example:5000/parlor:0.2.0").unwrap(),
            ("registry.example:5000/parlor", "0.2.0")
        );
        assert!(split("registry.example:5000/parlor").is_err());
        assert!(split("parlor").is_err());
    }

    #[test]
    fn an_image_and_components_are_added_to_the_overlay() {
        let mut selection = Selection::with_components("production", &["monitoring"]);
        selection.image = Some("registry.example:5000/parlor:0.2.0".into());
        let file: serde_json::Value =
            serde_json::from_str(&kustomization(&selection, "deploy/x").unwrap()).unwrap();
        assert_eq!(file["resources"][0], "../../deploy/x");
        assert_eq!(file["components"][0], "../../deploy/kubernetes/components/monitoring");
        assert_eq!(file["images"][0]["newName"], "registry.example:5000/parlor");
        assert_eq!(file["images"][0]["newTag"], "0.2.0");
        assert_eq!(file["labels"][0]["pairs"]["app.kubernetes.io/version"], "0.2.0");
        let digest = replacement("registry.example/parlor@sha256:12").unwrap();
        assert_eq!(
            (&digest["newName"], &digest["digest"]),
            (&"registry.example/parlor".into(), &"sha256:12".into())
        );
    }
}
