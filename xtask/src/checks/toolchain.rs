//! The image is compiled by the same Rust version as everything else, and its labels name this release.

use super::Findings;

/// Finds versions in the Dockerfile that differ from rust-toolchain.toml, and labels that differ from Cargo.toml.
pub(super) fn check() -> anyhow::Result<Findings> {
    let toolchain = std::fs::read_to_string("rust-toolchain.toml")?;
    let dockerfile = std::fs::read_to_string("deploy/docker/Dockerfile")?;
    let mut findings = Findings::new("Rust version and labels of the image".to_owned());
    findings.extend(complaints(&toolchain, &dockerfile));
    let (version, license) = (env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_LICENSE"));
    findings.extend(label_complaints(&dockerfile, &[("version", version), ("licenses", license)]));
    Ok(findings)
}

fn label_complaints(dockerfile: &str, labels: &[(&str, &str)]) -> Vec<String> {
    let lines = labels.iter().map(|(name, value)| format!("org.opencontainers.image.{name}={value:?}"));
    let missing = lines.filter(|line| !dockerfile.contains(line));
    missing.map(|line| format!("the Dockerfile lacks the label {line}")).collect()
}

fn complaints(toolchain: &str, dockerfile: &str) -> Vec<String> {
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = \"")?.strip_suffix('"'));
    let Some(version) = channel.filter(|channel| channel.starts_with(|first: char| first.is_ascii_digit()))
    else {
        return vec!["rust-toolchain.toml pins no version".to_owned()];
    };
    let lines = [format!("FROM rust:{version}-bookworm AS build"), format!("ENV RUSTUP_TOOLCHAIN={version}")];
    let missing = lines.iter().filter(|line| !dockerfile.lines().any(|other| other == line.as_str()));
    missing.map(|line| format!("the Dockerfile lacks the line {line:?}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCKERFILE: &str = "FROM rust:1.95.0-bookworm AS build\nENV RUSTUP_TOOLCHAIN=1.95.0\n";

    #[test]
    fn labels_of_another_release_are_found() {
        let dockerfile = "LABEL org.opencontainers.image.version=\"0.1.0\"\n";
        assert!(label_complaints(dockerfile, &[("version", "0.1.0")]).is_empty());
        assert_eq!(label_complaints(dockerfile, &[("version", "0.2.0"), ("licenses", "MIT")]).len(), 2);
    }

    #[test]
    fn an_image_of_another_version_is_found() {
        assert!(complaints("channel = \"1.95.0\"", DOCKERFILE).is_empty());
        assert_eq!(complaints("channel = \"1.96.0\"", DOCKERFILE).len(), 2);
        assert_eq!(complaints("channel = \"stable\"", DOCKERFILE), ["rust-toolchain.toml pins no version"]);
    }
}
