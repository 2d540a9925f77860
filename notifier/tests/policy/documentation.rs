//! What docs/routes.md shows is true.

use std::path::Path;

use notifier::Settings;
use serde::{Deserialize, Serialize};
use service::config::{Configuration, OpenMap, Shape, Sources, load};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Whole {
    notifier: Settings,
}

impl Configuration for Whole {
    fn shape() -> Shape {
        Shape::default().open_map(OpenMap::new("notifier.sinks", notifier::SinkSettings::models()))
    }
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/routes.md")
}

fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(fence.as_str()).skip(1).filter_map(|block| Some(block.split_once("```")?.0)).collect()
}

#[test]
fn its_settings_load_and_have_no_problems() {
    let page = std::fs::read_to_string(path()).unwrap();
    let blocks = blocks(&page, "yaml");
    assert!(blocks.len() >= 4);
    for block in blocks {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), block).unwrap();
        let secret = |name: &str| (name.to_owned(), "https://example.com/x".to_owned());
        let environment = ["SECURITY_URL", "PAYMENTS_URL", "PAGERDUTY_KEY"].map(secret).into();
        let sources = Sources { file: Some(file.path().into()), environment, ..Sources::default() };
        let whole: Whole = load(sources).unwrap_or_else(|problems| panic!("{block}\n{problems}"));
        assert_eq!(whole.notifier.problems(), []);
    }
}

#[test]
fn its_table_is_the_programs() {
    let page = std::fs::read_to_string(path()).unwrap();
    let marker = "<!-- generated: alert fields -->\n";
    let (before, behind) = page.split_once(marker).unwrap();
    let (_, behind) = behind.split_once("<!-- end -->").unwrap();
    let table = rules::describe::markdown::alert_fields_table();
    let right = format!("{before}{marker}\n{table}\n<!-- end -->{behind}");
    if std::env::var_os("REFRESH_DOCS").is_some() {
        std::fs::write(path(), &right).unwrap();
        return;
    }
    assert!(page == right, "docs/routes.md has another table: refresh it with REFRESH_DOCS=1");
}
