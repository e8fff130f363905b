//! infra-memory
