//! infra-postgres
