//! What a process tells of itself in metrics, as a scraper reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::admin::get;

/// A scrape: each sample by its name with labels.
#[derive(Debug, Clone, Default)]
pub struct Scrape {
    samples: BTreeMap<String, f64>,
    /// The type of each metric, and the labels of its samples without `le`.
    pub metrics: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Scrape {
    /// Of the process whose admin listener is there; `None` where nobody answers.
    pub fn of(address: SocketAddr) -> Option<Self> {
        let (code, text) = get(address, "/metrics")?;
        (code == 200).then(|| Self::read(&text))
    }

    /// The value of a sample, named with its labels as it is written; 0 where there is none.
    pub fn value(&self, sample: &str) -> f64 {
        self.samples.get(sample).copied().unwrap_or_default()
    }

    /// The sum of all samples of that name, whatever their labels.
    pub fn sum(&self, name: &str) -> f64 {
        let is_of = |sample: &str| sample.split('{').next() == Some(name);
        self.samples.iter().filter(|(sample, _)| is_of(sample)).map(|(_, value)| value).sum()
    }

    fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        let mut current = (String::new(), String::new());
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
                let suffix = match kind {
                    "counter" => "_total",
                    "info" => "_info",
                    _ => "",
                };
                current = (name.to_owned(), format!("{name}{suffix}"));
                scrape.metrics.insert(current.1.clone(), (kind.to_owned(), BTreeSet::new()));
            } else if !line.starts_with('#')
                && let Some((sample, value)) = line.rsplit_once(' ')
            {
                scrape.samples.insert(sample.to_owned(), value.parse().unwrap_or(f64::NAN));
                let labels = sample.split_once('{').map(|(_, labels)| labels.trim_end_matches('}'));
                let names =
                    labels.unwrap_or_default().split("\",").filter_map(|label| label.split_once("=\""));
                let names = names.map(|(name, _)| name.to_owned()).filter(|name| name != "le");
                if let Some((_, known)) = scrape.metrics.get_mut(&current.1) {
                    known.extend(names);
                }
            }
        }
        scrape
    }
}

#[test]
fn scrapes_are_read() {
    let text = "# HELP a_b x.\n# TYPE a_b counter\na_b_total{rule=\"X, {y}\",z=\"1\"} 3\na_b_total{rule=\"Z\",z=\"1\"} 4\n\
                # TYPE h histogram\nh_sum 1.5\nh_bucket{le=\"+Inf\"} 2\n# TYPE i info\ni_info{version=\"1\"} 1\n# EOF\n";
    let scrape = Scrape::read(text);
    assert_eq!(scrape.sum("a_b_total"), 7.0);
    assert_eq!(scrape.value("h_sum"), 1.5);
    let metrics: Vec<String> = scrape
        .metrics
        .iter()
        .map(|(name, (kind, labels))| {
            format!("{name} {kind} {}", labels.iter().cloned().collect::<Vec<_>>().join(","))
        })
        .collect();
    assert_eq!(metrics, ["a_b_total counter rule,z", "h histogram ", "i_info info version"]);
}
