//! infra-sqlite
