//! Reads which engine and plugins a file requires.

use super::item::{Item, Read, within};
use super::read::Reader;
use super::rule_keys;
use super::versions::{ENGINE, PluginRequirement, Version};
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::yaml::{self, Node};

impl Reader<'_> {
    pub(super) fn engine(&mut self, item: &Item<'_>) -> Read<()> {
        // The version has no name to be called by.
        let mut item = item.clone();
        if let Some(location) = item.heading.context.last_mut() {
            location.name.clear();
        }
        let text = self.report.string(&item, "required_engine_version")?;
        rule_keys::warn_unknown(&mut self.report, &item, &["required_engine_version"]);
        let version = yaml::unsigned(&text).map(Version::implied).or_else(|| Version::parse(&text));
        let Some(version) = version else {
            let message = format!("`{text}` is no engine version");
            let help = "write it as three numbers, `0.31.0`, or as one, `31`";
            let error = Diagnostic::new(Code::BadEngineVersion, message).at(item.heading.span);
            return Err(self.report.push(error.inside(item.context()).with_help(help)));
        };
        if ENGINE.serves(version) {
            self.collection.engine = self.collection.engine.max(version);
            return Ok(());
        }
        let message = format!("engine version {version} is required, this one is {ENGINE}");
        let error = Diagnostic::new(Code::EngineTooOld, message).at(item.heading.span);
        let help = "the rules may use what this engine does not know; take an older version of them";
        Err(self.report.push(error.inside(item.context()).with_help(help)))
    }

    pub(super) fn plugins(&mut self, node: &Node, versions: &Node, whole: &[Location]) -> Read<()> {
        let context = within(whole, ItemType::RequiredPluginVersions, "", versions.span);
        let item = Item::new(node, ItemType::RequiredPluginVersions, "required_plugin_versions", whole);
        rule_keys::warn_unknown(&mut self.report, &item, &["required_plugin_versions"]);
        let Some(entries) = versions.sequence() else {
            let message = format!("`required_plugin_versions` is {}, not a list", versions.describe());
            let error = Diagnostic::new(Code::BadValue, message).at(versions.span).inside(&context);
            return Err(self.report.push(error));
        };
        entries.iter().try_for_each(|entry| self.plugin(entry, &context))
    }

    fn plugin(&mut self, entry: &Node, context: &[Location]) -> Read<()> {
        let (item, main) = self.plugin_version(entry, ItemType::RequiredPluginVersionsEntry, context)?;
        let mut asked = vec![main];
        if let Some(alternatives) = entry.get("alternatives") {
            let Some(alternatives) = alternatives.sequence() else {
                let message = format!("`alternatives` is {}, not a list", alternatives.describe());
                return Err(self.report.item(&item, Code::BadValue, message));
            };
            for alternative in alternatives {
                let kind = ItemType::RequiredPluginVersionsAlternative;
                asked.push(self.plugin_version(alternative, kind, item.context())?.1);
            }
        }
        self.require(&item, asked)
    }

    fn plugin_version<'n>(
        &mut self,
        node: &'n Node,
        kind: ItemType,
        context: &[Location],
    ) -> Read<(Item<'n>, (String, String))> {
        let item = Item::new(node, kind, "name", context);
        if node.mapping().is_none() {
            let message =
                format!("a plugin version is a mapping with name and version, this is {}", node.describe());
            return Err(self.report.item(&item, Code::BadValue, message));
        }
        if node.get("name").is_none() {
            let error = Diagnostic::new(Code::MissingKey, "key `name` is missing");
            let help = "write `name: k8saudit` and `version: 0.7.0`";
            return Err(self.report.push(error.at(node.span).inside(item.context()).with_help(help)));
        }
        let name = self.report.string(&item, "name")?;
        let version = self.report.string(&item, "version")?;
        Ok((item, (name, version)))
    }

    fn require(&mut self, item: &Item<'_>, asked: Vec<(String, String)>) -> Read<()> {
        let mut alternatives: Vec<(String, Version)> = Vec::new();
        let mut written = Vec::new();
        for (name, text) in asked {
            let Some(version) = Version::parse(&text) else {
                let message = format!("`{text}`, required of plugin `{name}`, is no version like 1.2.3");
                let error = Diagnostic::new(Code::BadPluginVersion, message).at(item.heading.span);
                let help = "write it as three numbers with dots between them";
                return Err(self.report.push(error.inside(item.context()).with_help(help)));
            };
            if alternatives.iter().any(|(other, _)| *other == name) {
                let message = format!("plugin `{name}` is required twice in one entry");
                return Err(self.report.item(item, Code::BadPluginVersion, message));
            }
            alternatives.push((name, version));
            written.push(text);
        }
        let heading = item.heading.clone();
        self.collection.plugins.push(PluginRequirement { alternatives, written, heading });
        Ok(())
    }
}
