//! The JSON that clients keep at messages and rooms.

use domain::metadata::Metadata;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Metadata as it was sent.
pub(crate) struct MetadataJson(Option<Box<RawValue>>);

impl Serialize for MetadataJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(json) => json.serialize(serializer),
            None => serializer.serialize_map(Some(0))?.end(),
        }
    }
}

impl From<&Metadata> for MetadataJson {
    fn from(metadata: &Metadata) -> Self {
        // It was checked before it was stored.
        Self(metadata.text().and_then(|text| RawValue::from_string(text.to_owned()).ok()))
    }
}
