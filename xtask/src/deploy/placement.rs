//! Where the Worker runs: a cloud region for `[placement]`, and the D1 location nearest to it.
//!
//! Without a placement a Worker runs in the data center nearest to its client, and its requests to Grok leave from there.

use std::fmt;

use anyhow::{Result, bail};
use serde_json::Value;

use super::{api::Api, refusal::Refusal};

/// The cloud regions near which Cloudflare can run Workers.
/// Source: https://developers.cloudflare.com/workers/configuration/placement/
const REGIONS: &str = "/workers/placement/regions";

/// D1's location hints. Source: https://developers.cloudflare.com/d1/configuration/data-location/
pub const LOCATIONS: [&str; 6] = ["wnam", "enam", "weur", "eeur", "apac", "oc"];

/// Regions without their number, by provider, and the location hint nearest to each. D1 has no hint for South America,
/// Africa and the Middle East.
const STEMS: &[(&str, &str, &[&str])] = &[
    ("aws", "wnam", &["us-west", "ca-west"]),
    ("aws", "enam", &["us-east", "ca-central", "mx-central", "sa-east"]),
    ("aws", "weur", &["eu-west", "eu-central", "eu-south", "eu-north", "af-south"]),
    ("aws", "eeur", &["il-central", "me-central", "me-south"]),
    ("aws", "apac", &["ap-east", "ap-northeast", "ap-south", "ap-southeast"]),
    ("gcp", "wnam", &["us-west"]),
    ("gcp", "enam", &["us-central", "us-east", "us-south", "northamerica-northeast", "northamerica-south"]),
    ("gcp", "enam", &["southamerica-east", "southamerica-west"]),
    ("gcp", "weur", &["europe-west", "europe-southwest", "europe-north", "africa-south"]),
    ("gcp", "eeur", &["europe-central", "me-central", "me-west"]),
    ("gcp", "apac", &["asia-east", "asia-northeast", "asia-south", "asia-southeast"]),
    ("gcp", "oc", &["australia-southeast"]),
    ("azure", "wnam", &["westus", "westcentralus"]),
    ("azure", "enam", &["eastus", "centralus", "northcentralus", "southcentralus", "canadacentral", "canadaeast"]),
    ("azure", "enam", &["mexicocentral", "brazilsouth", "brazilsoutheast", "chilecentral"]),
    ("azure", "weur", &["northeurope", "westeurope", "uksouth", "ukwest", "francecentral", "francesouth"]),
    ("azure", "weur", &["germanywestcentral", "germanynorth", "switzerlandnorth", "switzerlandwest", "belgiumcentral"]),
    ("azure", "weur", &["norwayeast", "norwaywest", "swedencentral", "swedensouth", "denmarkeast", "italynorth"]),
    ("azure", "weur", &["spaincentral", "southafricanorth", "southafricawest"]),
    ("azure", "eeur", &["austriaeast", "polandcentral", "israelcentral", "qatarcentral", "uaenorth", "uaecentral"]),
    ("azure", "apac", &["eastasia", "southeastasia", "japaneast", "japanwest", "koreacentral", "koreasouth"]),
    ("azure", "apac", &["centralindia", "southindia", "westindia", "jioindiacentral", "jioindiawest"]),
    ("azure", "apac", &["indonesiacentral", "malaysiawest", "taiwannorth"]),
    ("azure", "oc", &["australiaeast", "australiasoutheast", "australiacentral", "newzealandnorth"]),
];

/// AWS regions in Oceania that are named after Asia: Sydney, Melbourne, New Zealand.
const OCEANIA: [&str; 3] = ["ap-southeast-2", "ap-southeast-4", "ap-southeast-6"];

/// A cloud region for `[placement]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    provider: String,
    region: String,
    /// The D1 location hint nearest to it.
    pub location: &'static str,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.region)
    }
}

impl Placement {
    /// Parses `provider:region`; returns `None` for an unknown region.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, region) = text.split_once(':')?;
        let location = location(provider, region)?;
        Some(Placement { provider: provider.into(), region: region.into(), location })
    }

    /// Fails if Cloudflare's list of regions is available and lacks this one.
    pub fn check(&self, api: &Api) -> Result<()> {
        let list = match api.get(REGIONS) {
            Err(error) if error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.status == 404) => return Ok(()),
            list => list?,
        };
        let known = self.listed(&list);
        if !known.is_empty() && !known.contains(&self.region.as_str()) {
            bail!(
                "Cloudflare does not offer the region `{self}`, expected one of {} for {}",
                known.join(", "),
                self.provider
            );
        }
        Ok(())
    }

    /// Returns the provider's regions in Cloudflare's list. The API's description does not define the shape of an entry,
    /// so every text in it that is a region's name counts.
    fn listed<'a>(&self, list: &'a Value) -> Vec<&'a str> {
        let providers = list["providers"].as_array().into_iter().flatten();
        let provider = providers.into_iter().find(|provider| provider["id"] == self.provider.as_str());
        let mut texts = Vec::new();
        if let Some(provider) = provider {
            collect(&provider["regions"], &mut texts);
        }
        let names = texts.into_iter().map(|text| text.split_once(':').map_or(text, |(_, region)| region));
        let mut names: Vec<_> = names.filter(|name| location(&self.provider, name).is_some()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Returns the location hint for a region, `None` for an unknown region.
fn location(provider: &str, region: &str) -> Option<&'static str> {
    let stem = region.trim_end_matches(|c: char| c.is_ascii_digit());
    let has_number = stem.len() < region.len();
    let stem = match provider {
        "aws" if has_number => stem.strip_suffix('-')?,
        "gcp" if has_number => stem,
        "azure" => stem,
        _ => return None,
    };
    if provider == "aws" && OCEANIA.contains(&region) {
        return Some("oc");
    }
    let row = STEMS.iter().find(|(name, _, stems)| *name == provider && stems.contains(&stem));
    row.map(|(_, location, _)| *location)
}

/// Appends every text in a value.
fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn regions_have_the_nearest_location() {
        for (text, location) in [
            ("aws:us-west-2", "wnam"),
            ("aws:us-east-1", "enam"),
            ("aws:eu-central-1", "weur"),
            ("aws:ap-southeast-1", "apac"),
            ("aws:ap-southeast-2", "oc"),
            ("gcp:us-east4", "enam"),
            ("gcp:europe-west12", "weur"),
            ("gcp:europe-central2", "eeur"),
            ("azure:westus2", "wnam"),
            ("azure:francesouth", "weur"),
            ("azure:newzealandnorth", "oc"),
        ] {
            let placement = Placement::parse(text).unwrap_or_else(|| panic!("{text} is known"));
            assert_eq!((placement.location, placement.to_string().as_str()), (location, text));
        }
    }

    #[test]
    fn what_is_not_a_region_is_refused() {
        for text in [
            "",
            "us-west-2",
            "aws:",
            "aws:us-west",
            "aws:us-wast-2",
            "aws:us-west2",
            "gcp:us-west",
            "gcp:us-west-1",
            "oci:us-west-2",
            "AWS:us-west-2",
            "azure:us-west-2",
        ] {
            assert_eq!(Placement::parse(text), None, "{text}");
        }
    }

    #[test]
    fn locations_are_those_of_d1() {
        assert!(STEMS.iter().all(|(_, location, _)| LOCATIONS.contains(location)));
    }

    #[test]
    fn regions_are_found_in_the_list_whatever_their_entries_look_like() {
        let placement = Placement::parse("aws:us-west-2").unwrap();
        for regions in [
            json!(["us-west-2", "us-east-1"]),
            json!([{ "id": "aws:us-west-2", "name": "US West (Oregon)" }, { "id": "aws:us-east-1" }]),
        ] {
            let list =
                json!({ "providers": [{ "id": "gcp", "regions": ["us-west1"] }, { "id": "aws", "regions": regions }] });
            assert_eq!(placement.listed(&list), ["us-east-1", "us-west-2"]);
        }
        assert!(placement.listed(&json!({ "providers": [{ "id": "aws", "regions": [7] }] })).is_empty());
    }
}
