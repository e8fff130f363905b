//! The image is compiled by the same Rust version as everything else.

use super::Findings;

/// Finds versions in the Dockerfile that differ from rust-toolchain.toml.
pub(super) fn check() -> anyhow::Result<Findings> {
    let toolchain = std::fs::read_to_string("rust-toolchain.toml")?;
    let dockerfile = std::fs::read_to_string("deploy/docker/Dockerfile")?;
    let mut findings = Findings::new("Rust version of the image".to_owned());
    findings.extend(complaints(&toolchain, &dockerfile));
    Ok(findings)
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
    fn an_image_of_another_version_is_found() {
        assert!(complaints("channel = \"1.95.0\"", DOCKERFILE).is_empty());
        assert_eq!(complaints("channel = \"1.96.0\"", DOCKERFILE).len(), 2);
        assert_eq!(complaints("channel = \"stable\"", DOCKERFILE), ["rust-toolchain.toml pins no version"]);
    }
}
